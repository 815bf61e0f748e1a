# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every verification module begins and ends: one guard for mistakes, one shape of result."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnspython
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake

FAULTS_IN_MESSAGE = 10

# State of a fault → what to do about it first, for those that beginners meet
REMEDIES = {
    "algorithm_missing": "have the signer sign the whole zone by a key of each algorithm, or take the other key out of the zone",
    "algorithm_unsupported": "sign with another algorithm, such as ECDSAP256SHA256; keep the old key until the new DS is everywhere",
    "ahead": "provision the primary again; if somebody set its serial back, raise it beyond the secondary's",
    "allowed": "provision the server again; it hands the zone to somebody whom the declaration does not name",
    "bad_time": "set the clocks of both hosts right, for example with chrony",
    "behind": "let the secondary reach the primary's port 53 over TCP and UDP, and provision it again (authoritative.dns.site), which has it ask at once; "
    "then look for 'transfer' in its log. BIND asks one whose TCP was unreachable again after ten minutes, or after a restart",
    "cds_mismatch": "let the signer make CDS and CDNSKEY records by itself, and remove those that were written by hand",
    "chain_broken": "sign the whole zone anew; then let the server transfer it anew",
    "different": "provision the server again (authoritative.dns.site); let a secondary that still differs transfer the zone anew, such as by rndc retransfer",
    "denial_wrong": "sign the whole zone anew; if only this server says so, let it transfer the zone anew and see what changes answers on the way",
    "ds_mismatch": "enter at the registrar the DS of a key that signs the zone (verify_delegation tells it), and keep the old key until then",
    "ds_missing": "enter the DS at the registrar; verify_delegation tells it",
    "expired": "let the secondary reach the primary's port 53 over TCP and UDP, and look for 'transfer' in its log; BIND asks one that was unreachable "
    "again after ten minutes, or after a restart",
    "keys_differ": "let one primary sign, or give all the same keys; let the server transfer the zone anew",
    "no_dnskey": "put the keys' DNSKEY records back into the zone, and sign it anew",
    "not_authoritative": "provision the server (authoritative.dns.site); it does not have the zone",
    "not_learned": "see that the primaries serve the declared catalog and that the server transfers it; then provision the server "
    "(authoritative.dns.site), which has it look at the catalog once more",
    "refused": "provision the server (authoritative.dns.site); it does not have the zone, or may not answer this host (nameserver_allow_query, allow_query)",
    "signature_bogus": "sign the zone anew; if only this server says so, let it transfer the zone anew",
    "signature_expired": "have the signer run and sign the zone anew, now; if only this server says so, let it transfer the zone anew",
    "signature_expiring": "see why the signer does not renew signatures, or for how long; if only this server says so, see why it has an older copy",
    "signature_missing": "sign the whole zone anew; if only this server says so, see that it and what is on the way support DNSSEC",
    "signature_not_yet_valid": "set the clocks of the signer and of this host right, for example with chrony; if it was the signer's, sign the zone anew",
    "timeout": "see that the host is up, and let port 53 pass its firewall over UDP and TCP",
    "unknown_key": "sign the zone anew by the keys that are in it; a key may go only when no signature by it is left in any cache",
    "unlisted": "provision the catalog's primaries (authoritative.dns.site); if the server keeps the zone, its log says why",
    "unreachable": "see that the host is up and its name server is started, and let port 53 pass its firewall over UDP and TCP",
    "unsigned": "let the server transfer the signed zone; if it is to be unsigned for good, have its DS removed first, and wait until caches have forgotten it",
    "wrong_key": "give both sides the same key: provision all servers in one run (authoritative.dns.site), with one dns_tsig_secret",
}


class MissingLibrary(Exception):
    """A Python library that the host of a check lacks."""

    def __init__(self, library: str, reason: str | None, trace: str | None) -> None:
        super().__init__(missing_required_lib(library, reason=reason))
        self.library = library
        self.trace = trace


def need_libraries(validation: bool = False) -> None:
    """validation: whether signatures are to be checked too. Raises MissingLibrary."""
    if not dnspython.is_recent_enough():
        raise MissingLibrary(f"dnspython >= {'.'.join(map(str, dnspython.MINIMUM))}", None, dnspython.IMPORT_ERROR)
    if validation:
        # Here and not above: what is imported for signatures takes longer than all the rest.
        from ansible_collections.authoritative.dns.plugins.module_utils.common import dnssec

        if not dnssec.can_validate():
            raise MissingLibrary("cryptography", "to check signatures; install python3-cryptography on this host", dnssec.CRYPTOGRAPHY_ERROR)


def run(module: AnsibleModule, verify: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Look with the module's parameters, and leave with what was found. ``verify``: see L(look)."""
    try:
        outcome = look(verify, module.params)
    except MissingLibrary as missing:
        module.fail_json(msg=str(missing), exception=missing.trace)
    except Mistake as mistake:
        module.fail_json(msg=str(mistake))
    for warning in outcome.pop("warnings"):
        module.warn(warning)
    if outcome["summary"]["at_fault"] and not module.params["report_only"]:
        module.fail_json(**outcome)
    module.exit_json(**outcome)


def look(verify: Callable[[Mapping[str, Any]], Mapping[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    """What a verification module returns, and its ``warnings``. Raises Mistake and MissingLibrary.

    ``verify`` returns ``results`` (each with ``state`` and ``ok``), ``summary``, ``what`` (the word for one result),
    ``describe`` (one result → text) and anything else that the module returns. When it leaves results out that are as
    expected, because nobody asked for them, it returns ``states`` as well, the number of all by state.
    """
    need_libraries()
    found = dict(verify(params))
    results, what, describe = found.pop("results"), found.pop("what"), found.pop("describe")
    states = found.pop("states", None)
    if states is None:
        states = Counter(result["state"] for result in results)
    faults = [result for result in results if not result["ok"]]
    shown, left_out = choose(results, faults, params["detail"], params["max_results"])
    return {
        "warnings": (),
        **found,
        "changed": False,
        "msg": headline(sum(states.values()), faults, what, describe),
        "summary": dict(found["summary"], at_fault=len(faults), states=dict(states)),
        "results": shown,
        "results_left_out": left_out,
    }


def keep_looking(look: Callable[[Sequence[Any]], Sequence[Any]], late: Sequence[Any], params: Mapping[str, Any], started: float) -> None:
    """Have what is at fault looked at again until nothing is, or the seconds of ``wait_timeout`` are over; once at least, if these are any.

    ``look`` returns what of it still is at fault. started: when the first look began, as L(time.monotonic).
    """
    waited = started + min(params["wait_timeout"], params["deadline"])
    again = params["wait_timeout"] > 0 and time.monotonic() < started + params["deadline"]
    while late and (again or time.monotonic() + params["wait_interval"] <= waited):
        again = False
        time.sleep(params["wait_interval"])
        late = look(late)


def choose(results: Sequence[Any], faults: Sequence[Any], detail: str, max_results: int) -> tuple[list[Any], int]:
    """The results to return, and how many faults are left out so that nobody's screen is flooded."""
    if detail == "all":
        return list(results), 0
    shown = list(faults[:max_results]) if detail == "faults" else []
    return shown, len(faults) - len(shown)


def headline(total: int, faults: Sequence[Mapping[str, Any]], what: str, describe: Callable[[Any], str]) -> str:
    """The summary first, then the first few faults, and what to do about faults of these kinds."""
    if not faults:
        return f"all {total} {what} are as expected"
    counts = Counter(fault["state"] for fault in faults)
    states = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    lines = [f"{len(faults)} of {total} {what} are not as expected ({states})"]
    lines += [f"- {describe(fault)}" for fault in faults[:FAULTS_IN_MESSAGE]]
    if len(faults) > FAULTS_IN_MESSAGE:
        lines.append(f"- and {len(faults) - FAULTS_IN_MESSAGE} more")
    lines += [f"What helps against {state}: {REMEDIES[state]}." for state, _count in counts.most_common() if state in REMEDIES]
    return "\n".join(lines)


def spread(values: Iterable[float]) -> dict[str, float | None]:
    """Median and maximum, None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return {"median": None, "max": None}
    return {"median": round(ordered[len(ordered) // 2], 2), "max": round(ordered[-1], 2)}
