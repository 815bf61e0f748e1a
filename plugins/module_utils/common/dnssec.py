# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that imports what dnspython computes signatures with: it takes longer than all the rest of dnspython."""

from __future__ import annotations

import contextlib
import traceback

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns

with contextlib.suppress(ImportError):
    import dns.dnssec  # which can be imported, and tells keys apart, without cryptography

try:
    import cryptography.hazmat.primitives.asymmetric.ec  # noqa: F401  pylint: disable=unused-import
except ImportError:
    CRYPTOGRAPHY_ERROR = traceback.format_exc()
else:
    CRYPTOGRAPHY_ERROR = None


def can_validate() -> bool:
    """Whether signatures can be checked: dnspython leaves that to the library cryptography, which packages only recommend."""
    return dns is not None and CRYPTOGRAPHY_ERROR is None
