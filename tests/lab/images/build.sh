#!/usr/bin/env bash
# build.sh [IMAGE…]: makes localhost/authoritative-dns/IMAGE:lab known to podman, for IMAGE the name of a directory here; all without a name.
# An image is a root file system that mmdebstrap makes and IMAGE/customize.sh completes. It is kept, compressed, in
# ${XDG_CACHE_HOME:-~/.cache}/authoritative-dns/images under the hash of what it is built from; a change of that
# builds anew, everything else only loads. Needs the network on the day it builds, never afterwards.
# build.sh --unbuilt IMAGE…: names those that are not kept, and builds nothing.
# LAB_EL_IMAGE=REFERENCE builds el9 on that image of a container registry instead: see el9/Containerfile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
archives=${XDG_CACHE_HOME:-$HOME/.cache}/authoritative-dns/images
mkdir -p "$archives"

unbuilt=''
if [ "${1:-}" = --unbuilt ]; then unbuilt=1; shift; fi

say() { printf '==> image %s: %s\n' "$image" "$*"; }

# shellcheck disable=SC2016 # $1 is for the hooks: the root file system
build() { # build ARCHIVE
  local suite
  read -r suite < "$image/suite"
  mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,dbus,python3,iproute2,procps \
    --skip=cleanup/apt/lists \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='mkdir "$1/build"' \
    --customize-hook="copy-in common $image /build" \
    --customize-hook="env --unset=TMPDIR DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 SYSTEMD_LOG_LEVEL=warning chroot \"\$1\" /build/$image/customize.sh" \
    --customize-hook='chroot "$1" /build/common/finish.sh' \
    --customize-hook='cd "$1" && rm -rf build etc/hostname etc/resolv.conf var/cache/apt/archives/*.deb var/log/apt var/log/dpkg.log' \
    --customize-hook='cd "$1/etc" && install -m 644 /dev/null resolv.conf && printf "127.0.0.1 localhost\n::1 localhost\n" > hosts' \
    "$suite" - | zstd --quiet -T0 -3 --force -o "$1.part"
  mv "$1.part" "$1"
}

exec 9> "$archives/lock"
[ -n "$unbuilt" ] || flock 9 # another checkout may be building the same
[ $# -gt 0 ] || { mapfile -t images < <(printf '%s\n' */customize.sh | sed 's,/customize.sh,,') && set -- "${images[@]}"; }
for image; do
  [ -f "$image/customize.sh" ] || { echo "build.sh: no image '$image'; there are: $(echo */customize.sh | sed 's,/customize.sh,,g')" >&2; exit 2; }
  name=localhost/authoritative-dns/$image:lab
  base=''
  [ "$image" != el9 ] || base=${LAB_EL_IMAGE:-}
  hash=$({ echo "$base"; declare -f build; find common "$image" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum | cut -c1-12)
  archive=$archives/$image-$hash.tar.zst
  if [ -n "$unbuilt" ]; then [ -f "$archive" ] || echo "$image"; continue; fi
  [ "$(podman image inspect --format '{{index .Labels "hash"}}' "$name" 2>/dev/null)" != "$hash" ] || continue
  started=$SECONDS
  if [ -n "$base" ]; then
    say "building on $base"
    podman build --tag "$name" --build-arg BASE="$base" --label hash="$hash" --file "$image/Containerfile" .
    continue
  fi
  if [ ! -f "$archive" ]; then
    say 'building, once (about a minute)'
    build "$archive"
    find "$archives" -name "$image-*" ! -name "${archive##*/}" -mtime +14 -delete
    say "built in $((SECONDS - started)) s, $(du -m "$archive" | cut -f1) MB kept in $archives"
    started=$SECONDS
  fi
  zstd --quiet -dc "$archive" | podman import --quiet --change 'CMD ["/sbin/init"]' --change "LABEL hash=$hash" - "$name" >/dev/null
  say "loaded in $((SECONDS - started)) s"
done
[ -z "$unbuilt" ] || exit 0
# What bore these names before is removed once no lab uses it. Podman knows that of its own hosts, but not of those in labs with names.
[ -n "$(ls "${archives%/images}/labs" 2>/dev/null)" ] || podman image prune --force --filter label=hash >/dev/null
