# shellcheck shell=sh disable=SC2154 # service, and where people wrote
# What is on a host: the service and its process, each file with mode, owner, content and time.
echo "service $(systemctl show --property=ActiveState,UnitFileState "$service" | xargs)"
echo "process $(systemctl show --property=MainPID "$service")"
# shellcheck disable=SC2086 # several places
find $written -type f | sort | while read -r path; do
  echo "$(stat --format='%n %A %U:%G' "$path") $(sha256sum < "$path" | cut -d' ' -f1) at $(stat --format=%.Z "$path")"
done
