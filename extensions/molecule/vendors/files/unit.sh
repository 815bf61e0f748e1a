#!/bin/sh
# Tells what of a service's unit is not as its package brings it: unit.sh UNIT. Prints nothing if all is.
systemctl show "$1" --property=DropInPaths,NeedDaemonReload | grep -vxE 'DropInPaths=|NeedDaemonReload=no'
file=$(systemctl show "$1" --property=FragmentPath --value)
[ -f "$file" ] || echo "$1 has no unit file"
if [ -x /usr/bin/rpm ]; then rpm --verify --file "$file"; else dpkg --verify "$(dpkg --search "$file" | cut -d: -f1)"; fi | grep -F "$file"
exit 0
