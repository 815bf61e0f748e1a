#!/usr/bin/env bash
# fresh.sh [SUITE…]: proves that `make setup` brings all that the other targets need, on a Debian that has nothing. For each suite it makes a root
# file system with git, make and Python, and no more; lets a copy of the checkout set itself up in it; sees that every program is there that
# programs.py finds to be called; and has podman start two containers on an internal network, one of which asks the other with dig.
# That takes some minutes for each suite, and seconds when nothing of what it depends on has changed since it passed.
#
# Only the set-up sees the machine's network, for packages from where this machine has them; containers run in a network namespace that leads nowhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/authoritative-dns/fresh
logs=$PWD/build/fresh
mkdir -p "$cache" "$logs"

say() { printf '==> fresh: %s\n' "$*"; }
skip() { say "skipped: $*"; exit 0; }

isolated=(unshare --mount --pid --ipc --uts --fork --kill-child --propagation private)
[ "$(id -u)" = 0 ] || skip 'it makes root file systems and needs root for it'
"${isolated[@]}" true 2>/dev/null || skip 'this machine lets nobody make namespaces'

# inside ROOT COMMAND…: runs it with ROOT as its root file system. A real root, for podman cannot start containers from within a chroot.
# shellcheck disable=SC2016 # $ is for the shell inside
inside() {
  local root=$1 share
  shift
  local shares=()
  for share in $shared; do [ ! -e "$share" ] || shares+=("$share"); done
  env --ignore-environment "${environment[@]}" "${network[@]}" "${isolated[@]}" bash -euc '
    root=$1 packages=$2 shares=$3; shift 3
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    for tree in sys dev; do mount --rbind "/$tree" "$root/$tree"; done
    for tree in run tmp; do mount -t tmpfs tmpfs "$root/$tree"; done
    mount --bind "$packages" "$root/var/cache/apt/archives"
    for share in $shares; do
      if [ -d "$share" ]; then mkdir -p "$root$share"; else mkdir -p "$root${share%/*}"; [ -e "$root$share" ] || : > "$root$share"; fi
      mount --bind "$share" "$root$share"
    done
    cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
    cd "$root"; mkdir -p former; pivot_root . former
    exec chroot . bash -euc "umount -l /former; cd /checkout; exec \"\$@\"" bash "$@"
  ' bash "$root" "$packages" "${shares[*]}" "$@"
}

# Where this machine has Python's packages from: settings, and the directories that they name; an index has its files beside it.
settings=(/etc/pip.conf "$HOME/.config/pip" "$HOME/.pip" "$HOME/.config/uv" /etc/uv)
mapfile -t environment < <(env | grep -E '^(PIP_|UV_|SSL_|https?_proxy=|no_proxy=)')
environment+=(HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
named=$({ cat /etc/pip.conf "$HOME"/.config/pip/pip.conf "$HOME"/.pip/pip.conf 2>/dev/null; env | grep -E '^(PIP|UV)_'; } | grep -oE '(^|[ =]|file://)/[^ ]+' | sed -E 's,^([ =]|file://),,; s,/simple/?$,,' | grep -v '^/etc/ssl/' | sort -u || :)
shared="${settings[*]} $named /usr/local/share/ca-certificates $HOME/.cache/uv"

# make_minimal SUITE ARCHIVE
make_minimal() {
  mmdebstrap --quiet --variant=minbase --include=git,make,python3 --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' "$1" "$2.part.tar"
  mv "$2.part.tar" "$2"
}

prove() { # prove SUITE
  local suite=$1 root=$cache/$1 packages=$cache/packages-$1 minimal=$cache/minimal-$1.tar network=()
  mkdir -p "$packages/partial"
  [ -n "$(find "$minimal" -mtime -7 2>/dev/null)" ] || make_minimal "$suite" "$minimal"
  [ ! -e "$root" ] || rm -rf --one-file-system "$root"
  mkdir -p "$root/checkout"
  tar -C "$root" -xf "$minimal" --exclude='./dev/*'
  git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --ignore-failed-read -cf - 2>/dev/null | tar -C "$root/checkout" -xf -
  rm -f "$root/etc/apt/apt.conf.d/docker-clean"
  inside "$root" make setup
  network=(unshare --net)
  inside "$root" bash tests/toolchain/fresh_inside.sh "${programs[@]}"
  rm -rf --one-file-system "$root"
}

[ $# -gt 0 ] || set -- bookworm trixie
mapfile -t programs < <(python tests/toolchain/programs.py | cut -f1)
[ ${#programs[@]} -gt 40 ] || { echo "fresh: programs.py finds only ${#programs[@]} programs" >&2; exit 1; }
depends=$({ echo "${programs[@]}"; git ls-files -z requirements.txt tests/requirements.txt tests/toolchain tests/lab/images/common/compile_once.py | xargs -0 sha256sum; } | sha256sum | cut -c1-12)
failed=0
for suite; do
  passed=$cache/passed-$suite-$depends log=$logs/$suite.log started=$SECONDS
  if [ -e "$passed" ]; then say "$suite: nothing that it depends on has changed since it passed on $(date -r "$passed" +%F)"; continue; fi
  say "$suite: making a system that has nothing, and setting it up; about three minutes, all of it in ${log#"$PWD/"}"
  prove "$suite" > "$log" 2>&1 & # so that it ends at the first error, which a function in a condition does not
  if wait $!; then
    say "$suite: passed in $((SECONDS - started)) s"
    rm -f "$cache/passed-$suite"-*
    touch "$passed"
  else
    tail -n 30 "$log" >&2
    say "$suite: FAILED after $((SECONDS - started)) s"
    failed=1
  fi
done
exit $failed
