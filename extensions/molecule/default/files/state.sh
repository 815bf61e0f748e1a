# shellcheck shell=sh
# Prints all that a run could leave on a host: files, the firewall as it filters now, processes that listen, services.
# A change of content, owner or mode shows in a file's change time (%C), which nobody can set back.
# Left out is what asking alone leaves behind: logs, Python's bytecode, and the package managers' caches and journals.
find /etc /usr /var -xdev \
    \( -name __pycache__ -o -path /var/log -o -path /var/tmp -o -path /var/cache/dnf \
       -o -path '/var/lib/dnf/history.sqlite*' -o -path '/var/lib/rpm/*-shm' -o -path '/var/lib/rpm/*-wal' \) -prune \
    -o -type d -printf '%p %M %u:%g\n' \
    -o -printf '%p %M %u:%g %s %T@ %C@ %l\n' | sort
ss -Hlntup | awk '{ print $1, $5, $7 }' | sort
if command -v firewall-cmd >/dev/null && firewall-cmd --quiet --state; then firewall-cmd --list-all-zones; fi
for service in named firewalld NetworkManager systemd-resolved; do
    echo "$service $(systemctl show --property=ActiveState,MainPID,UnitFileState "$service" | xargs)"
done
