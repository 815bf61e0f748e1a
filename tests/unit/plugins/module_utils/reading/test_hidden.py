# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

from ansible_collections.authoritative.dns.plugins.module_utils.reading.hidden import hide, is_hidden


def test_what_is_hidden_is_known_as_such_and_nothing_else():
    clauses = [["key", [["name", "k"], ["secret", "s3"]]], ["settings", [["ldap-secret", ""], ["note", "????!"]]]]
    hide(clauses, re.compile("secret"))
    assert "s3" not in str(clauses)
    assert [item[0] for _section, items in clauses for item in items if is_hidden(item)] == ["secret"]
