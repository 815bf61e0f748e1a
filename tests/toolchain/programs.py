# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print every outside program that the Makefile, the tests and the lab call on the machine where they run, and where the first call is.

Read from what calls them: the recipes of the Makefile and the shell scripts (as shfmt parses them), the tests' and the lab's Python, and the plays
of localhost. A program that a script asks for first (`command -v`) is one that it can do without. The benchmarks bring their own.
"""

from __future__ import annotations

import ast
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
NAME = re.compile(r"[a-z][a-z0-9_.+-]*")
# Programs that run the program that is among their arguments, after options, settings and numbers.
RUNNERS = {"env", "exec", "flock", "nice", "nsenter", "sudo", "timeout", "unshare", "xargs"}
IN_A_LAB = ["bash", "tests/lab/lab.sh", "run"]
ELSEWHERE = re.compile(r"tests/benchmarks/|tests/lab/images/[^/]*/|extensions/molecule/[^/]*/files/.*[.]sh$")  # run on hosts, or when asked for


def tracked(*patterns: str) -> list[pathlib.Path]:
    listing = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [CHECKOUT / name for name in listing.split("\0") if name and not ELSEWHERE.match(name) and (CHECKOUT / name).exists()]


# --- shell -----------------------------------------------------------------------------------------------------------


class Shell:
    """The programs that shell scripts call."""

    def __init__(self) -> None:
        self.called: dict[str, str] = {}
        listing = subprocess.run(["bash", "-c", "compgen -b -k"], capture_output=True, text=True, check=True).stdout
        self.builtin = set(listing.split()) | {"logger"}

    def read(self, script: str, where: str) -> None:
        parsed = subprocess.run(["shfmt", "--to-json", "--language-dialect", "bash"], input=script, capture_output=True, text=True, check=False)
        if parsed.returncode:
            sys.exit(f"{where}: {parsed.stderr}")
        nodes = list(walk(json.loads(parsed.stdout)))
        functions = {node["Name"]["Value"]: node for node in nodes if node.get("Type") == "FuncDecl"}
        # A function that runs what it is given is as good as a program that does.
        runners = {name for name, node in functions.items() if any(words(call)[:1] == ["$@"] for call in walk(node) if call.get("Type") == "CallExpr")}
        calls = [words(node) for node in nodes if node.get("Type") == "CallExpr"]
        asked = {call[2] for call in calls if len(call) == 3 and call[:2] == ["command", "-v"]}
        for call in calls:
            self.call(call, where, set(functions) | self.builtin | asked, runners)

    def call(self, arguments: list[str | None], where: str, known: set[str | None], runners: set[str]) -> None:
        if not arguments or arguments[0] is None:
            return
        name, rest = arguments[0], arguments[1:]
        if NAME.fullmatch(name) and name not in known:
            self.called.setdefault(name, where)
        if [name, *rest[:2]] == IN_A_LAB:
            self.call(rest[2:], where, known, runners)
        if name in RUNNERS:
            while rest and (rest[0] is None or not NAME.fullmatch(rest[0])):
                rest = rest[1:]
        if name in RUNNERS or name in runners or name == "$@":
            self.call(rest, where, known, runners)


def walk(node: object) -> Iterator[dict]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def words(call: dict) -> list[str | None]:
    """The words of a call, None for one that is computed; what a function is given, as a whole, is $@."""
    found: list[str | None] = []
    for argument in call.get("Args") or []:
        parts = argument["Parts"]
        if len(parts) == 1 and parts[0]["Type"] == "DblQuoted":
            parts = parts[0].get("Parts") or []
        if len(parts) == 1 and parts[0]["Type"] in ("Lit", "SglQuoted"):
            found.append(parts[0]["Value"])
        elif len(parts) == 1 and parts[0]["Type"] == "ParamExp" and parts[0]["Param"]["Value"] == "@":
            found.append("$@")
        else:
            found.append(None)
    return found


def recipes() -> Iterator[tuple[str, str]]:
    targets = re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    for target in targets:
        if target != "bench":
            yield subprocess.run(["make", "--dry-run", target], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout, f"Makefile, {target}"


# --- Python ----------------------------------------------------------------------------------------------------------


def python(path: pathlib.Path) -> Iterator[str]:
    """The first words of lists that are run, or kept as a command to run, and what is looked for on the path."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in ("run", "Popen", "check_call", "check_output", "which") and node.args:
                yield from first_word(node.args[0])
        elif isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id.endswith("command") for target in node.targets):
            yield from first_word(node.value)


def first_word(node: ast.expr) -> Iterator[str]:
    if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
        yield from first_word(node.elts[0])
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
        yield node.value


# --- plays -----------------------------------------------------------------------------------------------------------


def commands_on_localhost(node: object, here: bool = False) -> Iterator[str]:
    """What tasks of localhost run, as shell scripts."""
    if isinstance(node, list):
        for item in node:
            yield from commands_on_localhost(item, here)
    elif isinstance(node, dict):
        here = (here or node.get("hosts") == "localhost") and node.get("delegate_to", "localhost") == "localhost" or node.get("delegate_to") == "localhost"
        for key, value in node.items():
            if here and key in ("ansible.builtin.command", "ansible.builtin.shell"):
                argv = value.get("argv", value.get("cmd")) if isinstance(value, dict) else value
                yield without_templates(" ".join(map(str, argv[:1])) if isinstance(argv, list) else str(argv))
            elif isinstance(value, (list, dict)):
                yield from commands_on_localhost(value, here)


def without_templates(text: str) -> str:
    first = re.match(r"\{\{ \['([a-z-]+)'", text)  # a list that is added to
    return first[1] if first else re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "TEMPLATE", text)


# --- all of them -----------------------------------------------------------------------------------------------------


def programs() -> dict[str, str]:
    """program -> where it is called"""
    shell = Shell()
    for path in tracked("*.sh", ".ci/run"):
        shell.read(path.read_text(encoding="utf-8"), str(path.relative_to(CHECKOUT)))
    for recipe, where in recipes():
        shell.read(recipe, where)
    for path in tracked("tests/lab/*.yml", "extensions/molecule/*/*.yml"):
        for command in commands_on_localhost(yaml.safe_load(path.read_text(encoding="utf-8"))):
            shell.read(command, str(path.relative_to(CHECKOUT)))
    called = shell.called
    for path in tracked("tests/*.py", "extensions/*.py"):
        for name in python(path):
            called.setdefault(name, str(path.relative_to(CHECKOUT)))
    return dict(sorted(called.items()))


if __name__ == "__main__":
    for program, place in programs().items():
        print(f"{program}\t{place}")
