#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: route53_mirror
short_description: Make Amazon Route 53 serve zones as their primary has them
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Route 53 cannot be a secondary by itself, because it does not transfer zones. This module transfers them (AXFR, signed with TSIG),
    compares them with what Route 53 has, record set by record set, and changes there what differs. Run it after each change, or from a timer.
  - A hosted zone that does not exist is created, and marked by its comment. Exactly one public hosted zone of the name that exists already
    is adopted, and every simple record set in it that the primary does not have is deleted. Private hosted zones are ignored.
  - Alias records, and records with a routing policy, are left alone and reported. If the zone has records in the same place, it fails.
  - The SOA record stays Route 53's own, so serials cannot be compared with those of other servers.
  - All changes of a name happen at once, unless they are more than Route 53 takes in a request; then each record set changes by itself. A zone with
    very many changes takes several requests, in which what is added comes before what is removed.
  - A zone that fails does not keep the others from being done. The task fails at the end and names each.
requirements:
  - boto3 >= 1.18
  - dnspython >= 2.3 on the host that runs the module (C(python3-dnspython) in Debian, C(python3-dns) in the Fedora family)
options:
  state:
    description:
      - V(present) makes Route 53 serve what the primary has.
      - V(absent) deletes hosted zones, but only those that this module created, or whose O(zones[].hosted_zone_id) is given. Zones with
        records that did not come from a mirror are not deleted.
    type: str
    choices: [present, absent]
    default: present
  zones:
    description: The zones.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone.
        type: str
        required: true
      primary:
        description: Name of the server in O(primaries) to transfer from, or a list of them to try in turn. By default the first.
        type: raw
      hosted_zone_id:
        description: Which hosted zone it is. Needed where several public ones have the same name.
        type: str
      ns:
        description: O(apex_ns) of this zone alone.
        type: str
        choices: [keep, declared]
  primaries:
    description: Servers to transfer from. Needed by O(state=present).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: A name of your choice. The address when not given.
        type: str
      address:
        description: IPv4 or IPv6 address.
        type: str
        required: true
      port:
        description: TCP port.
        type: int
        default: 53
      key:
        description: Name of the key in O(keys) with which to sign the transfer.
        type: str
  access_key:
    description:
      - Access key ID at AWS. Without it, boto3 looks in its usual places (environment, C(~/.aws), the instance's role).
      - It must be allowed C(route53:ListHostedZonesByName), C(GetHostedZone), C(CreateHostedZone), C(ListResourceRecordSets),
        C(ChangeResourceRecordSets) and C(GetChange), and for O(state=absent) C(DeleteHostedZone).
    type: str
  secret_key:
    description: Secret access key.
    type: str
  session_token:
    description: Session token of temporary credentials.
    type: str
  profile:
    description: A profile in the files of AWS on the host that runs the module.
    type: str
  region:
    description: Region to sign requests for. Route 53 is one service for all of them, so this is rarely needed.
    type: str
  endpoint_url:
    description: Where to reach the API. The environment variable E(AWS_ENDPOINT_URL_ROUTE_53) when not given, else the address that AWS publishes.
    type: str
  apex_ns:
    description:
      - V(declared) gives Route 53 the zone's own NS records at the apex, so that every server of the zone names the same ones. Declare the
        name servers that RV(zones[].name_servers) shows there, and at the parent, beside your own.
      - V(keep) leaves the NS records that Route 53 made.
    type: str
    choices: [declared, keep]
    default: declared
  unsupported:
    description:
      - What to do about records that Route 53 does not have, such as DNAME, HINFO, LOC, RP or URI.
      - V(fail) refuses the zone and names them. V(skip) does without them, warns, and returns them in RV(zones[].unsupported).
    type: str
    choices: [fail, skip]
    default: fail
  signed:
    description:
      - What to do about a zone with DNSSEC signatures, which Route 53 cannot serve.
      - V(refuse) refuses it. V(strip) leaves all of DNSSEC out, which is right only while the parent has no DS record for the zone.
    type: str
    choices: [refuse, strip]
    default: refuse
  allow_loss:
    description: Whether a zone may lose more than 30 % (and at least 10) of its record sets in Route 53.
    type: bool
    default: false
  wait:
    description: Whether to wait until all of Route 53's servers have the changes, which takes up to a minute.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for that, and before it for O(lock).
    type: float
    default: 300.0
  lock:
    description: A file that keeps two runs on one host from overlapping. Not used in check mode.
    type: path
    default: ~/.authoritative-dns-route53.lock
extends_documentation_fragment:
  - authoritative.dns.proof.keys
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Transfers and compares, and sends nothing that changes anything.
  diff_mode:
    support: full
    details: The records that differ, as lines of a master file, at most 200 of each zone.
  platform:
    support: full
    platforms: posix
"""

EXAMPLES = r"""
- name: Serve a zone from Route 53 too
  authoritative.dns.route53_mirror:
    zones:
      - name: example.com
    primaries:
      - {name: ns1, address: 192.0.2.53, key: route53}
    keys:
      - {name: route53, secret: "{{ vault_tsig_secret }}"}
  delegate_to: localhost

- name: Two zones, each from the first primary that gives it
  authoritative.dns.route53_mirror:
    zones:
      - {name: example.com, primary: [ns1, ns2]}
      - {name: example.net, primary: [ns2, ns1], hosted_zone_id: Z0123456789EXAMPLE}
    primaries:
      - {name: ns1, address: 192.0.2.53}
      - {name: ns2, address: "2001:db8::53"}
    profile: dns
    unsupported: skip

- name: Do without Route 53
  authoritative.dns.route53_mirror:
    state: absent
    zones:
      - name: example.com
"""

RETURN = r"""
zones:
  description: Each zone that was looked at, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
    id:
      description: Id of the hosted zone, or nothing if there is none.
      type: str
      sample: Z0123456789EXAMPLE
    created:
      description: Whether the hosted zone was created, or would be in check mode.
      type: bool
    changed:
      description: Whether anything about the zone changed.
      type: bool
    name_servers:
      description: Route 53's name servers for the zone.
      type: list
      elements: str
      sample: [ns-2048.awsdns-64.com, ns-2049.awsdns-65.net]
    serial:
      description: Serial of the zone at the primary.
      type: int
    added:
      description: Number of record sets that were added.
      type: int
    changed_sets:
      description: Number of record sets that were changed.
      type: int
    removed:
      description: Number of record sets that were removed.
      type: int
    unsupported:
      description: Record sets that Route 53 cannot hold.
      type: list
      elements: str
      sample: [host.example.com. HINFO]
    left_alone:
      description: Route 53's own kinds of record sets that the hosted zone has.
      type: list
      elements: str
      sample: [www.example.com. A (alias)]
    change_ids:
      description: Ids of the changes at Route 53.
      type: list
      elements: str
errors:
  description: What went wrong, by zone.
  returned: always
  type: list
  elements: str
api_calls:
  description: Number of HTTP requests that were sent to AWS.
  returned: always
  type: int
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.authoritative.dns.plugins.module_utils.cloud import route53_client as mirror_client
from ansible_collections.authoritative.dns.plugins.module_utils.cloud import route53_mirror as mirror
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnspython
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake


def main():
    module = AnsibleModule(
        argument_spec=mirror.SPEC,
        required_together=[("access_key", "secret_key")],
        mutually_exclusive=[("profile", "access_key")],
        supports_check_mode=True,
    )
    if not dnspython.is_recent_enough():
        wanted = ".".join(map(str, dnspython.MINIMUM))
        module.fail_json(msg=missing_required_lib(f"dnspython >= {wanted}"), exception=dnspython.IMPORT_ERROR)
    if mirror_client.boto3 is None:
        module.fail_json(msg=missing_required_lib("boto3"), exception=mirror_client.IMPORT_ERROR)
    try:
        outcome = mirror.Run(module.params, module.check_mode).carry_out()
    except (Mistake, mirror_client.ProviderError) as error:
        module.fail_json(msg=str(error))
    for zone in outcome["zones"]:
        if zone["unsupported"] and module.params["unsupported"] == "skip":
            module.warn(f"{zone['name']} is without {', '.join(zone['unsupported'])} in Route 53, which cannot hold them")
    if outcome["errors"]:
        module.fail_json(msg=mirror.told(outcome["errors"]), **outcome)
    module.exit_json(**outcome)


if __name__ == "__main__":
    main()
