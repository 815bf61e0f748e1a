"""Keeps what Python compiles of archives, which it otherwise does anew in each process: that is half of what a task costs a host.

Ansible sends a module and all that it imports as one archive, and to these hosts a few hundred times nearly the same. Imported by compile_once.pth
whenever Python starts. A file for each version of Python and source, named by their hash.
"""

import _imp  # importlib.util has source_hash as well, and would bring more than all this costs
import marshal
import os
import sys
import zipimport

DIRECTORY = "/run/compiled-once"
compile_source = zipimport._compile_source


def compile_once(pathname, source, *more):
    kept = f"{DIRECTORY}/{_imp.source_hash(sys.hexversion, source).hex()}"
    try:
        with open(kept, "rb") as file:
            return marshal.load(file)
    except (OSError, EOFError, ValueError, TypeError):  # not there, or torn
        pass
    code = compile_source(pathname, source, *more)
    part = f"{kept}.{os.getpid()}"
    try:
        with open(part, "wb") as file:
            marshal.dump(code, file)
        os.replace(part, kept)
    except OSError:  # a full disk is no reason to end
        pass
    return code


if os.geteuid() == 0:  # whom everybody else would have to trust
    try:
        os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
        zipimport._compile_source = compile_once
    except OSError:  # where this process may write nothing there
        pass
