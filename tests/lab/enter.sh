#!/usr/bin/env bash
# enter.sh exec [-i] HOST COMMAND…, enter.sh mount HOST, enter.sh umount HOST: what podman does of that name, by the namespaces of a host that runs.
# Ansible's connection calls it instead of podman where root has a lab of a name (see lab.sh): an exec takes podman and its helpers 0.16 s of a
# processor, and this 0.01. Whatever else it is called for, podman does.
set -u
words=("$@")
[ "${2:-}" != -i ] || set -- "$1" "${@:3}"

# Whether process $1 is in container $2 still, neither stopped nor frozen.
runs() {
  local groups state events
  { groups=$(< "/proc/$1/cgroup") && state=$(< "/proc/$1/stat"); } 2> /dev/null || return
  { events=$(< "/sys/fs/cgroup${groups##*0::}/cgroup.events"); } 2> /dev/null || events=''
  [[ $groups == *$2* && ${state##*) } == [RS]* && $events != *'frozen 1'* ]]
}

host=''
for place in "$LAB_RUNROOT"/overlay-containers/*/userdata; do
  name='' pid='' id=${place%/userdata}
  { read -r name < "$place/hostname"; read -r pid < "$place/pidfile"; } 2> /dev/null
  [ "$name" = "${2:-}" ] || continue
  if runs "$pid" "${id##*/}"; then host=$pid; fi
done
case ${host:+$1} in
  exec) exec nsenter --target "$host" --all env --ignore-environment PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
          HOME=/root TERM=xterm HOSTNAME="$2" container=podman "${@:3}" ;;
  mount) echo "/proc/$host/root" ;;
  umount) ;;
  *) exec podman "${words[@]}" ;;
esac
