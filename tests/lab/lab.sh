#!/usr/bin/env bash
# lab.sh run COMMAND…: runs COMMAND where the lab named in $LAB is. That lab has containers and a network of its own, so that several stand side
# by side with the same names and addresses; the images are everybody's. With LAB empty it is the one lab among the machine's other containers.
# lab.sh remove: removes what is left of the lab once tests/lab/destroy.yml has removed its hosts.
#
# What podman keeps of a named lab lies in ${XDG_CACHE_HOME:-~/.cache}/authoritative-dns/labs. For root the lab's bridge is in a network namespace
# of its own, which leads nowhere; without root podman makes one for each directory of networks by itself.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
LAB=${LAB:-}
[[ $LAB =~ ^[a-z0-9-]{0,30}$ ]] || { echo "lab.sh: LAB=$LAB: a lab's name has up to 30 lower-case letters, digits and hyphens" >&2; exit 2; }
id=$(sha256sum <<<"$checkout" | cut -c1-6)-$LAB # two checkouts may have labs of the same name
directory=${XDG_CACHE_HOME:-$HOME/.cache}/authoritative-dns/labs/$id
volatile=${XDG_RUNTIME_DIR:-}/authoritative-dns/$id
[ "$(id -u)" != 0 ] || volatile=/run/authoritative-dns/$id

enter() {
  [ "$(id -u)" = 0 ] || [ -n "${XDG_RUNTIME_DIR:-}" ] || {
    echo "lab.sh: XDG_RUNTIME_DIR is not set, as after su or in cron, so a lab has no place; log in as this user, or set it to a directory of this user's own" >&2; exit 2
  }
  [ -e "$directory/containers.conf" ] || describe
  export CONTAINERS_CONF=$directory/containers.conf CONTAINERS_STORAGE_CONF=$directory/storage.conf
  export LAB_NETWORK=dnslab-$id MOLECULE_EPHEMERAL_DIRECTORY=$directory/molecule
  namespace=()
  [ "$(id -u)" = 0 ] || return 0
  mountpoint --quiet "$volatile/net" 2>/dev/null || { mkdir -p "$volatile"; : > "$volatile/net"; unshare --net="$volatile/net" ip link set lo up; }
  namespace=(nsenter --net="$volatile/net")
  export ANSIBLE_PODMAN_EXECUTABLE=$checkout/tests/lab/enter.sh LAB_RUNROOT=$volatile/storage
}

# What podman shall do otherwise than outside, from what it does there.
describe() {
  local shared driver base
  shared=$(podman info --format '{{.Store.GraphRoot}}' 2>/dev/null)
  driver=$(podman info --format '{{.Store.GraphDriverName}}' 2>/dev/null)
  mkdir -p "$directory" "$volatile"
  cat > "$directory/storage.conf" <<END
[storage]
driver = "$driver"
graphroot = "$directory/storage"
runroot = "$volatile/storage"
[storage.options]
additionalimagestores = ["$shared"]
END
  for base in "${CONTAINERS_CONF:-}" ~/.config/containers/containers.conf /etc/containers/containers.conf /usr/share/containers/containers.conf /dev/null; do
    [ ! -r "$base" ] || break
  done
  awk -v tmp_dir="$volatile/libpod" -v network_config_dir="$directory/networks" '
    function once(section) { if (section == "engine" && !engine++) print "tmp_dir = \"" tmp_dir "\""
                             if (section == "network" && !network++) print "network_config_dir = \"" network_config_dir "\"" }
    /^ *(tmp_dir|network_config_dir) *=/ { next }
    { print } /^\[(engine|network)\]/ { once(substr($1, 2, length($1) - 2)) }
    END { if (!engine) { print "[engine]"; once("engine") } if (!network) { print "[network]"; once("network") } }
  ' "$base" > "$directory/containers.conf.part"
  mv "$directory/containers.conf.part" "$directory/containers.conf"
}

case ${1:-} in
  run)
    shift
    [ -n "$LAB" ] || exec "$@"
    enter
    exec "${namespace[@]}" "$@" ;;
  remove)
    [ -n "$LAB" ] && [ -d "$directory" ] || exit 0
    enter
    for pause in 1 2 0; do # a host that is busy may not have stopped when podman looks
      said=$("${namespace[@]}" podman rm --all --force --volumes --time 1 2>&1) && break
      sleep $pause
    done
    [ -z "$("${namespace[@]}" podman ps --all --quiet)" ] || { echo "lab.sh: $said" >&2; exit 1; }
    if [ "$(id -u)" = 0 ]; then
      # What a scenario that was interrupted left running in the lab's network, such as its doubles of providers.
      for process in /proc/[0-9]*; do [ ! "$process/ns/net" -ef "$volatile/net" ] || kill "${process#/proc/}" 2>/dev/null || :; done
      umount "$volatile/net" 2>/dev/null || :
    fi
    umount "$directory/storage/overlay" 2>/dev/null || : # podman may have bound it to itself
    if [ "$(id -u)" = 0 ]; then rm -rf "$directory" "$volatile"; else podman unshare rm -rf "$directory" "$volatile"; fi ;;
  *) sed -nE '2,/^[^#]/s/^# ?//p' "$0" >&2; exit 2 ;;
esac
