#!/usr/bin/env bash
# build.sh IMAGE…: makes localhost/authoritative-dns/IMAGE:lab known to podman, for IMAGE the name of a directory here.
# An image is a root file system that mmdebstrap makes and IMAGE/customize.sh completes. It is kept, compressed, in
# ${XDG_CACHE_HOME:-~/.cache}/authoritative-dns/images under the hash of the files it is built from; changing one of
# them builds anew, everything else only loads. Needs the network on the day it builds, never afterwards.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
archives=${XDG_CACHE_HOME:-$HOME/.cache}/authoritative-dns/images
mkdir -p "$archives"
cd "$here"

say() { printf '==> image %s: %s\n' "$image" "$*"; }

build() { # build ARCHIVE
  local suite base=systemd,systemd-sysv,dbus,python3,iproute2,procps
  read -r suite < "$image/suite"
  mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists --include="$base" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='mkdir "$1/build"' \
    --customize-hook="copy-in common $image /build" \
    --customize-hook="env --unset=TMPDIR DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot \"\$1\" bash -euo pipefail /build/$image/customize.sh" \
    --customize-hook='chroot "$1" sh -eu /build/common/finish.sh' \
    "$suite" - | zstd --quiet -T0 -3 --force -o "$1.part"
  mv "$1.part" "$1"
}

for image; do
  [ -f "$image/customize.sh" ] || { echo "build.sh: no image '$image'; there are: $(echo */customize.sh | sed 's,/customize.sh,,g')" >&2; exit 2; }
  name=localhost/authoritative-dns/$image:lab
  hash=$(find build.sh common "$image" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
  archive=$archives/$image-$hash.tar.zst
  [ "$(podman image inspect --format '{{index .Labels "hash"}}' "$name" 2>/dev/null)" != "$hash" ] || continue
  started=$SECONDS
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
