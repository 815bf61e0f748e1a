"""What is on a host that a name server's user does not own: listing.py USER keep|compare FILE [EXCEPT …].

keep writes it to FILE; compare tells what became different since then, a line each.
"""

import hashlib
import json
import os
import pwd
import stat
import sys

# Written by others all the time: kernel, systemd, logs, and Ansible.
ALWAYS = {"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/log", "/var/lib/systemd", "/var/lib/NetworkManager", "/root/.ansible"}


def facts(path, status):
    """Type, mode, owner and content; of what is large, when it changed instead, which nobody can set."""
    who = [status.st_mode, status.st_uid, status.st_gid]
    if stat.S_ISLNK(status.st_mode):
        return [*who, os.readlink(path)]
    if not stat.S_ISREG(status.st_mode):
        return who
    if status.st_size > 1000000:
        return [*who, status.st_size, status.st_ctime_ns]
    with open(path, "rb") as stream:
        return [*who, status.st_size, hashlib.sha256(stream.read()).hexdigest()]


def listing(user, left_out):
    found, waiting = {}, ["/"]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if entry.path in left_out:
                    found[entry.path] = [status.st_mode, status.st_uid, status.st_gid]
                    continue
                if status.st_uid != user:
                    found[entry.path] = facts(entry.path, status)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(entry.path)
    return found


def main(user, what, file, *left_out):
    now = listing(pwd.getpwnam(user).pw_uid, ALWAYS | set(left_out) | {file})
    if what == "keep":
        with open(file, "w", encoding="utf-8") as stream:
            json.dump(now, stream)
        print(len(now))
        return
    with open(file, encoding="utf-8") as stream:
        before = json.load(stream)
    for path in sorted(before.keys() | now.keys()):
        if before.get(path) != now.get(path):
            print(f"{path}: {before.get(path)} became {now.get(path)}")


main(*sys.argv[1:])
