#!/usr/bin/env bash
# fresh_inside.sh PROGRAM…: what fresh.sh has proven inside of a root file system, after `make setup` there: each program is on the path,
# and containers of podman reach each other on an internal network. Tells all that is missing, and then fails.
set -uo pipefail
# shellcheck disable=SC1091 # made by setup.sh
. build/env.sh
failed=0

for program; do
  command -v "$program" >/dev/null || { echo "fresh: $program is called, and not here after make setup" >&2; failed=1; }
done

# What Python leaves beside the sources is nothing to set up for.
python -m compileall -q tests || failed=1
said=$(make setup 2>&1) && [ -z "$said" ] || { printf 'fresh: a second make setup finds something to do: %s\n' "$said" >&2; failed=1; }

# This very root file system is the containers': it has dig and named, and nothing has to be fetched.
mkdir -p /box
mount --bind / /box
cat > /box/etc/fresh.conf <<END
options { directory "/tmp"; pid-file none; session-keyfile none; recursion no; empty-zones-enable no; listen-on-v6 { none; }; allow-query { any; }; version "fresh"; };
controls { };
END

container() { podman run --network fresh --dns none --no-hosts "$@"; }
contain() {
  podman network create --internal --disable-dns --subnet 192.0.2.0/24 fresh >/dev/null &&
  container --detach --ip 192.0.2.53 --name server --rootfs /box named -g -c /etc/fresh.conf >/dev/null &&
  answer=$(container --rm --name client --rootfs /box dig +short +tries=5 +timeout=2 @192.0.2.53 version.bind CH TXT) &&
  [ "$answer" = '"fresh"' ] || { echo "fresh: a container of podman does not answer another; it said: ${answer:-nothing}" >&2; podman logs server 2>&1 | tail -5 >&2; return 1; }
}
contain || failed=1

# And who is not root has a range of users to give to a container's.
useradd --create-home newcomer
said=$(env --ignore-environment PATH="$PATH" HOME=/home/newcomer runuser -u newcomer -- podman unshare cat /proc/self/uid_map 2>&1) && [ "$(wc -l <<<"$said")" -gt 1 ] ||
  { printf 'fresh: without root podman has no users for its containers: %s\n' "$said" >&2; failed=1; }
podman rm --all --force --time 1 >/dev/null 2>&1

exit $failed
