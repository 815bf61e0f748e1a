#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudflare_secondary_zone
short_description: Make Cloudflare a secondary of your zones
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Brings all that Cloudflare needs to transfer zones from your primaries (AXFR or IXFR, with TSIG), and waits until it has them.
  - For the account, these are the TSIGs, the peers and, with O(notify_from), the access control lists. For each zone, these
    are the zone of the type C(secondary) and its configuration for incoming transfers.
  - Many zones are one call, in which the objects of the account are listed once.
  - A TSIG is found again by the name of its key, a peer by C(NAME ADDRESS) of its primary, an access control list by its network
    or the name C(notify from NETWORK). The module repairs these when somebody changed them, and touches no others.
  - Cloudflare has this for accounts with an Enterprise plan only.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
options:
  state:
    description:
      - V(present) makes the zones secondary at Cloudflare.
      - V(absent) removes the zones, then those peers of O(primaries) and TSIGs of O(keys) or O(primaries[].key) that no other zone or
        peer of the account uses, and the access control lists of O(notify_from) when no secondary zone is left. In doubt
        they are left, with a warning.
      - A zone of another type than C(secondary) is refused in both cases.
    type: str
    choices: [present, absent]
    default: present
  zones:
    description:
      - The zones. With O(state=absent) the list may be empty, to remove peers and TSIGs that are no longer used.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The zone's name.
        type: str
        required: true
      primaries:
        description: Names of the O(primaries) from which Cloudflare transfers this zone. All of them when not given.
        type: list
        elements: str
      serial:
        description: The SOA serial that Cloudflare's copy must have at least (RFC 1982) when O(wait_timeout) is over.
        type: int
  primaries:
    description: The servers from which Cloudflare transfers zones. Those that no zone uses are left out.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - A name of your choice, unique in the list. Give one for each address of a server, and for each key that it gives zones by.
          - With the address it is what the peer is found again by. All zones of the account that use the peer get what a call changes about its
            port or key, those that the call is not about too.
        type: str
        required: true
      address:
        description: IPv4 or IPv6 address that Cloudflare reaches.
        type: str
        required: true
      port:
        description: Port for TCP and UDP.
        type: int
        default: 53
      key:
        description: Name of the key in O(keys) that signs transfers from this server. Cloudflare takes one for each peer.
        type: str
      ixfr:
        description: Whether Cloudflare asks for differences (IXFR) instead of the whole zone.
        type: bool
        default: true
  keys:
    description: TSIG keys (RFC 8945) that O(primaries) refer to by name. Those that none uses are left out.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The key's name, the same on both sides.
        type: str
        required: true
      algorithm:
        description: The key's algorithm.
        type: str
        choices: [hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
        default: hmac-sha256
      secret:
        description: The secret in base64, as C(tsig-keygen) prints it.
        type: str
        required: true
  notify_from:
    description:
      - Networks from which Cloudflare takes NOTIFY in addition to the addresses of the peers, such as that of a primary which
        sends NOTIFY from another address. At most a /24 of IPv4 or a /64 of IPv6 each.
      - Cloudflare applies these to all zones of the account.
    type: list
    elements: str
    default: []
  refresh:
    description:
      - Seconds after which Cloudflare looks at the primary's serial without a NOTIFY, 300 or more.
      - Cloudflare uses this instead of the refresh timer in the SOA record.
    type: int
    default: 86400
  account_id:
    description:
      - The id of the account.
      - The environment variable E(CLOUDFLARE_ACCOUNT_ID) when not given.
    type: str
    required: true
  api_token:
    description:
      - An API token with the permissions Account Settings Write for the account, and Zone Write and DNS Write for all its zones.
      - The environment variable E(CLOUDFLARE_API_TOKEN) when not given.
    type: str
    required: true
  api_url:
    description: Where the API is.
    type: str
    default: https://api.cloudflare.com/client/v4
  wait_timeout:
    description:
      - How many seconds to wait until Cloudflare has transferred every zone, and has O(zones[].serial) where one is given. With V(0) do not wait.
      - A wrong key or a closed port is no error of the API. It shows in nothing but the missing serial, and fails here.
    type: float
    default: 60.0
  timeout:
    description: Seconds to wait for the answer to one request.
    type: float
    default: 30.0
  retry_limit:
    description:
      - The longest time in seconds that Cloudflare may ask to wait (C(Retry-After)) before the module gives up.
      - Cloudflare blocks for up to five minutes who made more than 1,200 requests in five minutes. A zone takes about five
        the first time, and one when nothing has changed.
    type: float
    default: 300.0
notes:
  - Reads are repeated when their answer is lost. A request that writes never is. The module looks whether it was done, and goes on or
    fails with a message that says so; in both cases the next run goes on from there.
  - Where Cloudflare has an older copy of a zone, a key that became wrong does not show before that copy expires. Give
    O(zones[].serial), or ask Cloudflare's name servers with M(authoritative.dns.verify_soa_serial).
  - When the address or the key of a primary changes, the peer or TSIG of the old name stays at Cloudflare. Remove it with
    O(state=absent), an empty O(zones), and the old primary.
  - At the primary, Cloudflare's addresses must be allowed to transfer, and be notified. Better go by key than by address.
seealso:
  - module: authoritative.dns.verify_soa_serial
  - name: Cloudflare as secondary
    description: What to do at Cloudflare and at the primary.
    link: https://developers.cloudflare.com/dns/zone-setups/zone-transfers/cloudflare-as-secondary/setup/
  - name: Cloudflare's addresses
    description: From where Cloudflare transfers, and where it listens to NOTIFY.
    link: https://developers.cloudflare.com/dns/zone-setups/zone-transfers/access-control-lists/cloudflare-ip-addresses/
  - name: Cloudflare's API for zone transfers
    description: The calls that this module makes.
    link: https://developers.cloudflare.com/api/resources/dns/subresources/zone_transfers/
  - name: Cloudflare's API for zones
    description: The other calls that this module makes.
    link: https://developers.cloudflare.com/api/resources/zones/
"""

EXAMPLES = r"""
- name: Cloudflare is a secondary of two zones
  authoritative.dns.cloudflare_secondary_zone:
    account_id: "{{ cloudflare_account_id }}"
    api_token: "{{ vault_cloudflare_api_token }}"
    keys:
      - {name: cloudflare.example.com, secret: "{{ vault_cloudflare_key }}"}
    primaries:
      - {name: ns1, address: 192.0.2.1, key: cloudflare.example.com}
      - {name: ns1 over IPv6, address: "2001:db8::1", key: cloudflare.example.com}
    zones:
      - {name: example.com, serial: 2026010101}
      - {name: example.net, primaries: [ns1]}
  delegate_to: localhost
  register: cloudflare

- name: Enter these at the registrar
  ansible.builtin.debug:
    msg: "{{ cloudflare.zones | items2dict(key_name='name', value_name='name_servers') }}"

- name: The primary sends NOTIFY from another address
  authoritative.dns.cloudflare_secondary_zone:
    primaries:
      - {name: hidden, address: 198.51.100.7, port: 5353}
    notify_from: [198.51.100.64/28]
    zones:
      - name: example.org
  environment:
    CLOUDFLARE_ACCOUNT_ID: "{{ cloudflare_account_id }}"
    CLOUDFLARE_API_TOKEN: "{{ vault_cloudflare_api_token }}"

- name: A zone leaves Cloudflare, and with the last zone its primary
  authoritative.dns.cloudflare_secondary_zone:
    account_id: "{{ cloudflare_account_id }}"
    api_token: "{{ vault_cloudflare_api_token }}"
    state: absent
    primaries:
      - {name: ns1, address: 192.0.2.1, key: cloudflare.example.com}
    zones:
      - name: example.net
"""

RETURN = r"""
zones:
  description: One entry for each of O(zones).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The zone's name.
      type: str
    id:
      description: Its id at Cloudflare. Null when it is not there, as with a new zone in check mode.
      type: str
    name_servers:
      description: Cloudflare's name servers for this zone, which belong into the zone's NS records and to the registrar.
      type: list
      elements: str
    status:
      description: What Cloudflare says of the zone. V(pending) until the name servers are at the registrar, then V(active).
      type: str
    serial:
      description: The SOA serial of Cloudflare's copy. Null when there is none, and with O(state=absent).
      type: int
    changed:
      description: Whether the zone changed, or where and how it is transferred from.
      type: bool
    forced:
      description:
        - Whether Cloudflare was asked for a transfer at once. That is when something about the transfer changed, or when Cloudflare has
          no copy so far. The latter alone does not count as a change.
      type: bool
  sample:
    - name: example.com
      id: 023e105f4ecef8ad9ca31a8372d0c353
      name_servers: [ns0123.secondary.cloudflare.com, ns0187.secondary.cloudflare.com]
      status: active
      serial: 2026010101
      changed: false
      forced: false
api_calls:
  description: How many requests were made.
  returned: always
  type: int
  sample: 4
waited:
  description: How many seconds the module waited for serials.
  returned: always
  type: float
  sample: 1.5
"""

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare import Account
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_api import Api, CloudflareError
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_removal import remove
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_wanted import ALGORITHMS, read_wanted

SHOWN = 10  # zones that a failure message names


def explain(late, wanted, waited):
    """The message about zones that Cloudflare does not have, with what to check."""
    addresses = {primary.name: f"{primary.name} ({primary.address} port {primary.port}, {primary.key or 'no key'})" for primary in wanted.primaries}
    lines = [f"Cloudflare does not have {len(late)} of {len(wanted.zones)} zones as expected after {waited:.0f} s:"]
    lines += [f"- {state.name}: {state.missing}; from {', '.join(addresses[name] for name in state.wanted.primaries)}" for state in late[:SHOWN]]
    if len(late) > SHOWN:
        lines.append(f"- and {len(late) - SHOWN} more")
    lines.append("Cloudflare does not say why. Check at each primary:")
    if any(state.serial is None for state in late):
        lines.append("- the key: name, algorithm and secret are the same there (its log says BADKEY or BADSIG when not)")
    lines.append("- the port: UDP and TCP are open to Cloudflare's addresses, also in front of the server")
    lines.append("- the permission: it serves the zone, and allow-transfer has the key or Cloudflare's addresses")
    if any(state.serial is not None for state in late):
        lines.append(
            "- NOTIFY: also-notify has Cloudflare's addresses for NOTIFY, and what it comes from is a peer's address or in notify_from;"
            f" without NOTIFY Cloudflare looks every {wanted.refresh} s"
        )
    return "\n".join(lines)


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
            "zones": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "primaries": {"type": "list", "elements": "str"},
                    "serial": {"type": "int"},
                },
            },
            "primaries": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "port": {"type": "int", "default": 53},
                    "key": {"type": "str", "no_log": False},
                    "ixfr": {"type": "bool", "default": True},
                },
            },
            "keys": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "no_log": False,  # the secrets in it are hidden one by one, the names are not secret
                "options": {
                    "name": {"type": "str", "required": True},
                    "algorithm": {"type": "str", "default": "hmac-sha256", "choices": list(ALGORITHMS)},
                    "secret": {"type": "str", "required": True, "no_log": True},
                },
            },
            "notify_from": {"type": "list", "elements": "str", "default": []},
            "refresh": {"type": "int", "default": 86400},
            "account_id": {"type": "str", "required": True, "fallback": (env_fallback, ["CLOUDFLARE_ACCOUNT_ID"])},
            "api_token": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["CLOUDFLARE_API_TOKEN"])},
            "api_url": {"type": "str", "default": "https://api.cloudflare.com/client/v4"},
            "wait_timeout": {"type": "float", "default": 60.0},
            "timeout": {"type": "float", "default": 30.0},
            "retry_limit": {"type": "float", "default": 300.0},
        },
        supports_check_mode=True,
    )
    params = module.params
    api = Api(params["api_url"], params["api_token"], params["timeout"], params["retry_limit"])
    account = None
    waited = 0.0
    failure = None
    try:
        wanted = read_wanted(params)
        account = Account(api, params["account_id"], wanted, module.check_mode)
        if params["state"] == "absent":
            remove(account)
        else:
            account.bring()
            if params["wait_timeout"] > 0 and not module.check_mode:
                waited, late = account.wait(params["wait_timeout"])
                if late:
                    failure = explain(late, wanted, waited)
    except CloudflareError as error:
        failure = str(error)
    for warning in account.warnings if account else []:
        module.warn(warning)
    result = {
        "changed": bool(account and account.changed and (api.writes or not failure)),
        "zones": [state.told() for state in account.states.values()] if account else [],
        "api_calls": api.calls,
        "waited": waited,
        "diff": {"before": account.before if account else {}, "after": account.after if account else {}},
    }
    if failure:
        module.fail_json(msg=failure, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
