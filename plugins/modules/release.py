#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Give a host's name server back the configuration that it had before this collection's
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Puts what the first run of M(authoritative.dns.nameserver) kept beside the program's first configuration file in its place again, byte by byte, with
    owner and mode, and has a running server take it. What this collection wrote on the host is removed then.
  - The program's own checker reads that configuration first. If it, or the running server, refuses it, everything stays as it is.
  - The playbook C(authoritative.dns.release) calls it with everything it needs.
options:
  software:
    description: The name server's program.
    type: str
    choices: [bind, nsd, knot, powerdns]
    default: bind
  layout:
    description: Where the distribution expects the program's files. The role's files C(vars/software/) hold them.
    type: dict
    required: true
  allow_loss:
    description:
      - Zones that may be lost, V(true) for all. Without this word it refuses where a zone that is served now is not in the configuration of before, cannot be
        loaded by it, or is signed now and would not be.
    type: raw
    default: false
  serials:
    description:
      - What becomes of zones whose file of before has a serial that is behind the one that was given out since, so that their secondaries would keep
        what they have.
      - V(refuse) names them and changes nothing.
      - V(raise) writes the serial that follows into the file, or PowerDNS' database, and leaves all else in it alone.
      - V(keep) leaves them as they are; secondaries have to be told to forget their copies.
    type: str
    choices: [refuse, raise, keep]
    default: refuse
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Secrets are never shown.
  platform:
    support: full
    platforms: posix
"""

EXAMPLES = r"""
- name: See whether the way back is open
  authoritative.dns.release:
    layout: "{{ my_layout }}"
  check_mode: true

- name: Go back, with serials that secondaries take for newer
  authoritative.dns.release:
    layout: "{{ my_layout }}"
    serials: raise
"""

RETURN = r"""
serials_raised:
  description: Zones whose serial of before was raised, and to what.
  returned: success
  type: dict
  sample: {example.com: 2026112802}
zones_behind:
  description: Zones whose serial is behind the one that was given out, and stays so because of O(serials=keep).
  returned: success
  type: list
  elements: str
zones_lost:
  description: Zones that were served until now and are not in the configuration of before.
  returned: success
  type: list
  elements: str
zones_awaited:
  description: Zones that the server had a copy of until now and has not transferred yet, though it was asked to for a while. It goes on by itself.
  returned: success
  type: list
  elements: str
reloaded:
  description: Whether a running server took it. False if nothing changed or none runs.
  returned: success
  type: bool
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.listed import listed
from ansible_collections.authoritative.dns.plugins.module_utils.reading import bind as bind_reading
from ansible_collections.authoritative.dns.plugins.module_utils.reading import knot as knot_reading
from ansible_collections.authoritative.dns.plugins.module_utils.reading import nsd as nsd_reading
from ansible_collections.authoritative.dns.plugins.module_utils.reading import powerdns as powerdns_reading
from ansible_collections.authoritative.dns.plugins.module_utils.releasing.release import Release
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.knot import Knot
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.nsd import NSD
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.powerdns import PowerDNS

SOFTWARE = {
    "bind": (Bind, bind_reading.Bind),
    "nsd": (NSD, nsd_reading.Nsd),
    "knot": (Knot, knot_reading.Knot),
    "powerdns": (PowerDNS, powerdns_reading.PowerDns),
}


def main():
    module = AnsibleModule(
        argument_spec={
            "software": {"type": "str", "choices": list(SOFTWARE), "default": "bind"},
            "layout": {"type": "dict", "required": True},
            "allow_loss": {"type": "raw", "default": False},
            "serials": {"type": "str", "choices": ["refuse", "raise", "keep"], "default": "refuse"},
        },
        supports_check_mode=True,
    )
    if os.geteuid():
        module.fail_json(msg="not permitted: the name server's files are root's; run this task with become: true")
    program, reader = SOFTWARE[module.params["software"]]
    layout = module.params["layout"]

    def read(path, content):
        reading = reader(lambda command, _directory: processes.run(command, seconds=processes.CHECK_LIMIT), module.get_bin_path, path)
        reading.user = layout["user"]
        return reading.facts(content=content)

    allowed = listed(module.params["allow_loss"])
    release = Release(program(processes.run, module.get_bin_path, layout), layout, read, allowed or (), module.params["serials"])
    try:
        result = release.preview() if module.check_mode else release.apply(module.atomic_move)
    except (Refused, OSError) as error:
        module.fail_json(msg=f"{error}. {release.reached}")
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
