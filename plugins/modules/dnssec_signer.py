#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dnssec_signer
short_description: Tell the program that signs zones of their DS records, and have it replace keys
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Tells the program on this host what became of DS records in the zone above, so that it goes on with what it does in order, and starts the
    rollover of keys.
  - What it is told is not checked here. M(authoritative.dns.dnssec_info) returns what each server of the zone above was seen to have.
options:
  software:
    description: The program that signs, and that runs.
    type: str
    default: bind
  layout:
    description: Where the program has its files, as for M(authoritative.dns.dnssec_info).
    type: dict
    required: true
  tell:
    description: What to tell it.
    type: list
    elements: dict
    default: []
    suboptions:
      zone:
        description: The zone.
        type: str
        required: true
      key_tag:
        description: The key that the DS is for.
        type: int
        required: true
      ds:
        description: Whether each server of the zone above has the DS, V(published), or none has it, V(withdrawn).
        type: str
        choices: [published, withdrawn]
        required: true
  rollover:
    description:
      - Keys to replace, each as C(ZONE) or C(ZONE/KEY_TAG). With the zone alone it is the key that signs the keys, where there is one.
      - A key that is being replaced already is left alone. Knot DNS replaces the keys of a zone one after the other, and is told of no second one meanwhile.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    support: full
    platforms: posix
seealso:
  - module: authoritative.dns.dnssec_info
"""

EXAMPLES = r"""
- name: Tell the signer what the zones above were seen to have
  authoritative.dns.dnssec_signer:
    layout: "{{ my_layout }}"
    tell: "{{ signed.tell }}"

- name: Replace the key of a zone
  authoritative.dns.dnssec_signer:
    layout: "{{ my_layout }}"
    rollover: [example.com]
"""

RETURN = r"""
told:
  description: What the program was told, in words.
  returned: success
  type: list
  elements: str
  sample: ["example.com: the DS of 34505 is published"]
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.programs import SOFTWARE

_WANTED = re.compile(r"(.*?)\.?(?:/(\d+))?", re.DOTALL)  # a zone, which may have slashes (RFC 2317) and none that is followed by digits alone, and a key's tag
TELL_SPEC = {
    "zone": {"type": "str", "required": True},
    "key_tag": {"type": "int", "required": True, "no_log": False},
    "ds": {"type": "str", "choices": ["published", "withdrawn"], "required": True},
}


def main():
    module = AnsibleModule(
        argument_spec={
            "software": {"type": "str", "default": "bind"},
            "layout": {"type": "dict", "required": True},
            "tell": {"type": "list", "elements": "dict", "default": [], "options": TELL_SPEC},
            "rollover": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    software = SOFTWARE[module.params["software"]](processes.run, module.get_bin_path, module.params["layout"])
    told = []
    try:
        rolled = to_roll(software, module.params["rollover"])
        for zone, key_tag in rolled:
            if not module.check_mode:
                software.roll(zone, key_tag)
            told.append(f"{zone}: {key_tag} is to be replaced")
        for what in module.params["tell"]:
            if not module.check_mode:
                software.tell_ds(what["zone"], what["key_tag"], what["ds"])
            told.append(f"{what['zone']}: the DS of {what['key_tag']} is {what['ds']}")
    except (Refused, OSError) as error:
        module.fail_json(msg="; ".join([str(error), *told]), changed=bool(told) and not module.check_mode)
    module.exit_json(changed=bool(told), told=told)


def to_roll(software, wanted):
    """(zone, key tag) of the keys to replace. Raises Refused for one that is not there, or where none can be chosen."""
    given = [(zone.lower(), tag or "") for zone, tag in (_WANTED.fullmatch(item).groups() for item in wanted)]
    keys = software.keys({zone: zone_file_name(zone) for zone, _tag in given}) if given else {}
    found = []
    for zone, tag in given:
        # BIND tells of a former key for as long as it keeps the file, which is for months.
        signing = [key for key in keys[zone] if key["signs_keys"] and (key["goal"], key["states"]["dnskey"]) != ("hidden", "hidden")]
        coming = len(signing) > 1 and any(key["states"].get("ds") in ("hidden", "rumoured") for key in signing)
        if not tag and (coming or any(key["goal"] == "hidden" for key in signing)):
            continue  # the former one has not gone yet
        choice = [key for key in keys[zone] if (str(key["key_tag"]) == tag if tag else key["signs_keys"] and key["goal"] != "hidden")]
        if len(choice) != 1:
            have = ", ".join(f"{zone}/{key['key_tag']}" for key in keys[zone]) or "no key of it"
            raise Refused(f"rollover: {zone}{'/' + tag if tag else ''} is not one key of this host, which has {have}")
        if choice[0]["goal"] != "hidden":
            found.append((zone, choice[0]["key_tag"]))
    return found


if __name__ == "__main__":
    main()
