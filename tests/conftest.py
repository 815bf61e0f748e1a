# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

# What fails in there is told as in a test: with what was found, and what was expected.
pytest.register_assert_rewrite("ansible_collections.authoritative.dns.tests.support")
