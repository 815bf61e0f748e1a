# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run molecule scenarios side by side, each in a lab of its own: scenarios.py [--jobs N] [NAME …], all of them without a name.

Those that took longest the last time begin, and before them those of which nobody knows, the largest first. Each writes to build/molecule/NAME.log;
the end of that is printed where one fails, and the others go on. It ends with a summary, which says where and why each stopped, and with status 1
where one failed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = CHECKOUT / "extensions" / "molecule"
LAB = CHECKOUT / "tests" / "lab" / "lab.sh"
LOGS = CHECKOUT / "build" / "molecule"
MEMORY = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "authoritative-dns" / "scenario-seconds.json"
LONGEST = 3600  # seconds that a scenario may take
TOLD = 80  # lines of a failing scenario's log that are printed
WHY = 900  # characters of what stopped a scenario in the summary
DECORATION = re.compile(r"\x1b\[[0-9;]*m")  # of Ansible and molecule
FAILED = re.compile(r"^(?:fatal|failed): \[", re.MULTILINE)
FAILED_WITHIN = re.compile(r"(?:fatal|failed): \[.*?(?=\\n\\n|$)")  # of a playbook that was the command that failed
FRAME = re.compile(r"^ *│ ?", re.MULTILINE)
telling = threading.Lock()


def tell(text: str) -> None:
    with telling:
        print(text, flush=True)


def known() -> dict[str, float]:
    """How many seconds each scenario took the last time it passed on this machine."""
    try:
        return json.loads(MEMORY.read_text())
    except (OSError, ValueError):
        return {}


def size(name: str) -> int:
    """How many bytes describe a scenario, which says about how long it takes."""
    return sum(path.stat().st_size for path in (SCENARIOS / name).rglob("*") if path.is_file())


def why(log: str) -> str:
    """What stopped a scenario, from its whole log: the last task that failed in the first playbook that did, with Ansible's words; "" without one.

    Where that was a playbook run as a command, what failed first in it as well.
    """
    text = FRAME.sub("", DECORATION.sub("", log))
    for tasks, counts in re.findall(r"(.*?)^PLAY RECAP(.*?)\n\n", text, re.DOTALL | re.MULTILINE):
        said = re.split(r"^(?:TASK|PLAY|RUNNING HANDLER) \[", tasks, flags=re.MULTILINE)
        failed = [task for task in said if FAILED.search(task) and "\n...ignoring" not in task]
        if failed and re.search(r"(?:failed|unreachable)=[1-9]", counts):
            title, result = failed[-1].split("]", 1)
            words = " ".join(result[FAILED.search(result).start() :].split())
            within = FAILED_WITHIN.search(words, 1)
            return "\n    ".join([f"{title}: {shortened(words)}", *([f"within it: {shortened(within.group())}"] if within else [])])
    return ""


def shortened(words: str) -> str:
    return words if len(words) <= WHY else words[: WHY // 2] + " … " + words[-WHY // 2 :]


def run(name: str) -> tuple[bool, float]:
    """Runs one scenario; whether it passed, and in how many seconds."""
    tell(f"==> molecule: {name} begins; {LOGS.relative_to(CHECKOUT) / name}.log")
    started = time.monotonic()
    environment = os.environ | {"LAB": name, "LAB_ENDS": "true", "COLUMNS": "160"}
    quiet = {"env": environment, "stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with (LOGS / f"{name}.log").open("w") as log:
        command = ["molecule", "test", "--scenario-name", name]
        # What a run left that was killed, or whose machine was: molecule would take its hosts for there.
        subprocess.run(["bash", LAB, "remove"], stdout=log, check=False, **quiet)
        try:
            status = subprocess.run(["bash", LAB, "run", *command], stdout=log, timeout=LONGEST, check=False, **quiet).returncode
        except subprocess.TimeoutExpired:
            log.write(f"\nstopped after {LONGEST} s\n")
            status = 1
        subprocess.run(["bash", LAB, "remove"], stdout=log, check=False, **quiet)
    seconds = time.monotonic() - started
    if status:
        end = DECORATION.sub("", (LOGS / f"{name}.log").read_text(errors="replace")).splitlines()[-TOLD:]
        tell("\n".join([f"==> molecule: {name} FAILED after {seconds:.0f} s; its log ends so:", *(f"    {line}" for line in end)]))
    else:
        tell(f"==> molecule: {name} passed in {seconds:.0f} s")
    return status == 0, seconds


def main() -> int:
    there = sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: %(default)s)")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*there, []], help=", ".join(there))
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    before = known()
    names = sorted(arguments.names or there, key=lambda name: (before.get(name, float("inf")), size(name)), reverse=True)
    minutes = f", about {sum(before[name] for name in names) / arguments.jobs / 60:.0f} minutes" if set(names) <= set(before) else ""
    tell(f"==> molecule: {len(names)} scenarios, {arguments.jobs} at a time{minutes}")
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        try:
            results = dict(zip(names, pool.map(run, names)))
        except KeyboardInterrupt:  # those that run were interrupted as well
            pool.shutdown(cancel_futures=True)
            return 130
    MEMORY.parent.mkdir(parents=True, exist_ok=True)
    MEMORY.write_text(json.dumps(known() | {name: round(seconds) for name, (passed, seconds) in results.items() if passed}))
    tell("")
    for name, (passed, seconds) in sorted(results.items()):
        tell(f"{name:<12} {'passed' if passed else 'FAILED'} in {seconds:.0f} s")
        if not passed:
            tell(f"    {why((LOGS / f'{name}.log').read_text(errors='replace')) or 'no task failed'}")
    failed = sum(not passed for passed, _seconds in results.values())
    tell(f"{len(results) - failed} passed, {failed} failed, in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
