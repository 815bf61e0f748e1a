#!/usr/bin/env bash
# Brings everything the other make targets need, and nothing twice: system packages (with root or sudo), a Python
# environment, collections, and build/env.sh which puts them to use. All but build/ lies outside the checkout, in
# ${XDG_CACHE_HOME:-~/.cache}/authoritative-dns, where several checkouts share what they have in common.
# SETUP_ALSO='command package package' asks for one more, as in the table below.
# PYTHON=/path/to/python chooses the interpreter; default: the distribution's CPython 3.13, 3.12, 3.11 or 3.14, else
# another one. A distribution's is built with optimizations that a version manager leaves out: 1.7 times as fast.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/authoritative-dns
env_file=$checkout/build/env.sh
log=$checkout/build/setup.log
cd "$checkout"

say() { printf '==> setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "needs root or sudo for: $*"; fi
}
# What programs say goes to a file; where one fails, the end of that is shown.
logged() { # logged COMMAND…
  printf '\n$ %s\n' "$*" >> "$log"
  "$@" >> "$log" 2>&1 || { tail -n 20 "$log" >&2; die "this failed, see above and ${log#"$checkout/"}: $*"; }
}
digest() { cat "$@" | sha256sum | cut -c1-12; }

# --- system packages: "command  Debian's package  Fedora's package", - where there is none: its tests say that they skip
commands='
podman      podman           podman
iptables    iptables         iptables
nft         nftables         nftables
newuidmap   uidmap           shadow-utils
mmdebstrap  mmdebstrap       mmdebstrap
zstd        zstd             zstd
openssl     openssl          openssl
ip          iproute2         iproute
pkill       procps           procps-ng
ssh         openssh-client   openssh-clients
named       bind9            bind
nsd         nsd              nsd
knotd       knot             knot
kzonecheck  knot-dnssecutils knot-dnssecutils
dig         bind9-dnsutils   bind-utils
dnssec-signzone bind9-utils  bind-dnssec-utils
zonemaster-cli zonemaster-cli -
pdns_server pdns-backend-sqlite3 pdns-backend-sqlite
promtool    prometheus       -
'"${SETUP_ALSO:-}"
# crun refuses cgroup v1 beside a v2 that holds controllers, which comes and goes; runc takes either.
needs_runc() { [ -e /sys/fs/cgroup/unified/cgroup.controllers ]; }

if command -v apt-get >/dev/null || ! command -v dnf >/dev/null; then column=apt; else column=dnf; fi

missing() { # the packages whose command is not here
  { echo "$commands"; if needs_runc; then echo 'runc runc runc'; fi; } | while read -r command apt dnf; do
    if [ $column = apt ]; then package=$apt; else package=$dnf; fi
    [ -z "$command" ] || [ "$package" = - ] || PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || echo "$package"
  done
}

install_packages() {
  local packages
  mapfile -t packages < <(missing)
  if command -v apt-get >/dev/null; then
    "$(find_python)" -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
    case " ${packages[*]} " in *' podman '*) packages+=(netavark) ;; esac
    case " ${packages[*]} " in *' mmdebstrap '*) packages+=(debian-archive-keyring) ;; esac
    [ ${#packages[@]} -gt 0 ] || return 0
    say "step 1 of 3: install with apt, a minute or two: ${packages[*]}"
    (logged as_root apt-get -q update) 2>/dev/null || say 'some package lists could not be had; going on with those that are there'
    start_nothing as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${packages[@]}"
  elif command -v dnf >/dev/null; then
    [ ${#packages[@]} -gt 0 ] || return 0
    say "step 1 of 3: install with dnf, a minute or two: ${packages[*]}"
    logged as_root dnf -q -y --setopt=install_weak_deps=False install "${packages[@]}"
  elif [ ${#packages[@]} -gt 0 ]; then
    die "neither apt nor dnf here; please install what provides these commands: ${packages[*]}"
  fi
}

# The tests start name servers themselves, on loopback: what Debian's packages would start and enable must never run.
# What keeps them from it is taken away however apt-get ends; what a run that was killed left, by the next one.
policy=/usr/sbin/policy-rc.d # read by Debian's packages
ours='# While tests/toolchain/setup.sh of authoritative.dns installs; then this file goes, with:'
start_nothing() { # start_nothing COMMAND…
  local links=/etc/systemd/system/multi-user.target.wants service unwanted=()
  for service in named nsd knot pdns prometheus; do [ -e $links/$service.service ] || unwanted+=("$links/$service.service"); done
  # A signal waits for the command that runs: apt-get's dpkg would go on.
  trap 'exit 1' INT TERM HUP
  # shellcheck disable=SC2064 # as they are now
  trap "start_as_before ${unwanted[*]}" EXIT
  [ -e $policy ] || { printf '#!/bin/sh\n%s\nexit 101\n' "$ours ${unwanted[*]}" | as_root tee $policy >/dev/null && as_root chmod +x $policy; }
  logged "$@"
  start_as_before "${unwanted[@]}"
  trap - EXIT INT TERM HUP
}
start_as_before() { # start_as_before [LINK…]: without these links, those that our policy names, and last the policy
  local gone=("$@") more
  if left_behind; then
    read -ra more < <(sed -n "s|^$ours||p" $policy)
    gone+=("${more[@]}" "$policy")
  fi
  [ ${#gone[@]} = 0 ] || as_root rm -f "${gone[@]}"
}
left_behind() { grep -qs "^$ours" $policy; }

# --- Python ---------------------------------------------------------------------------------------------------------
# Asks each candidate to run: a version manager's shim exists for versions that do not.
find_python() { # find_python [VERSION...]: the path of the first that works
  local version candidate candidates=()
  [ -z "${PYTHON:-}" ] || { command -v "$PYTHON" || die "PYTHON=$PYTHON: no such program"; return; }
  [ $# -gt 0 ] || set -- 3.13 3.12 3.11 3.14
  for version in "$@"; do candidates+=(/usr/bin/python"$version"); done
  for version in "$@"; do
    candidates+=({/usr/local,"$HOME/.local"}/bin/python"$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version"*/bin/python"$version" python"$version")
  done
  for candidate in "${candidates[@]}"; do
    "$candidate" -c 'import sys, ssl, venv; print(sys.executable)' 2>/dev/null && return
  done
  die "no CPython ${*} on this machine (ansible-core 2.19 and newer need one on the controller); install one, or name it: PYTHON=/path/to/python make setup"
}

# What integration tests send this machine as a host is compiled once, as on the lab's hosts.
once=tests/lab/images/common/compile_once.py

venv_of() { # venv_of PYTHON: where its environment belongs
  echo "$cache/venv-$( (cat requirements.txt tests/requirements.txt $once; "$1" -VV; echo "$1") | digest -)"
}

make_venv() { # make_venv PYTHON DIRECTORY
  [ ! -e "$2/.complete" ] || return 0
  say "step 2 of 3: build the Python environment $2, half a minute"
  local uv=$cache/uv/bin/uv
  if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then uv=uv
  elif [ ! -x "$uv" ]; then
    logged "$1" -m venv "$cache/uv"
    logged "$cache/uv/bin/pip" install uv
  fi
  export UV_PYTHON_DOWNLOADS=never
  logged "$uv" venv --clear --python "$1" "$2"
  logged "$uv" pip install --compile-bytecode --python "$2/bin/python" -r tests/requirements.txt
  local site
  site=$("$2/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  cp $once "$site"
  echo 'import compile_once' > "$site/compile_once.pth"
  touch "$2/.complete"
}

# --- what podman needs on this machine -------------------------------------------------------------------------------
# Written only where its defaults cannot work: root without CAP_SYS_RESOURCE may not raise its limits to podman's
# default ones, and the cgroup layout above needs runc. Rootless podman clamps its limits itself.
containers_conf() {
  local limits='' runtime='' files processes
  [ "$(id -u)" = 0 ] || return 0
  if ! (( 0x$(awk '/^CapEff/ {print $2}' /proc/self/status) >> 24 & 1 )); then
    files=$(ulimit -Hn) processes=$(ulimit -Hu)
    [ "$processes" != unlimited ] && [ "$processes" -le 30000 ] || processes=30000
    limits="default_ulimits = [\"nofile=$files:$files\", \"nproc=$processes:$processes\"]"
  fi
  if needs_runc; then runtime='runtime = "runc"'; fi
  if [ -n "$limits$runtime" ]; then
    printf '[containers]\n%s\n[engine]\n%s\n' "$limits" "$runtime" > "$cache/containers.conf"
    echo "export CONTAINERS_CONF='$cache/containers.conf'"
  fi
}

# --- main -----------------------------------------------------------------------------------------------------------
case "${1:-}" in
  find-python) shift; find_python "$@"; exit ;;       # find-python VERSION…
  venv)                                               # venv VERSION: makes one for that version and prints where
    mkdir -p build
    python=$(PYTHON='' find_python "$2"); venv=$(venv_of "$python"); make_venv "$python" "$venv" >&2; echo "$venv"; exit ;;
esac

state=$(digest requirements.txt tests/requirements.txt $once tests/toolchain/*.{sh,py,txt})-${PYTHON:-default}
# shellcheck disable=SC1090 # what this script wrote
if ! left_behind && grep -qsxF "# $state" "$env_file" && [ -z "$(missing)" ] && (. "$env_file" && [ -e "$VIRTUAL_ENV/.complete" ] && [ -d "$AUTHORITATIVE_DNS_COLLECTIONS/containers" ]); then exit 0; fi

mkdir -p "$cache" build
exec 9> "$cache/lock"
flock 9   # another checkout may be building the same environment
start_as_before
started=$SECONDS
date > "$log"
say "what is missing is installed in three steps; what the programs say of it is in ${log#"$checkout/"}"
install_packages
python=$(find_python)
venv=$(venv_of "$python")
make_venv "$python" "$venv"
collections=$cache/collections-$(digest tests/toolchain/collections.txt)
if [ ! -d "$collections" ]; then
  say 'step 3 of 3: unpack the collections of tests/toolchain/collections.txt, some seconds'
  rm -rf "$collections.part"
  logged "$venv/bin/python" tests/toolchain/unpack_collections.py tests/toolchain/collections.txt "$collections.part"
  mv "$collections.part" "$collections"
fi

# Ansible finds a collection at …/ansible_collections/<namespace>/<name>: a tree of links, one for each checkout, and
# outside of it lest a program that walks the checkout walks in circles.
tree=$cache/trees/$(echo "$checkout" | digest -)
rm -rf "$tree"
mkdir -p "$tree/ansible_collections/authoritative"
ln -s "$checkout" "$tree/ansible_collections/authoritative/dns"
ln -s "$collections"/ansible_collections/* "$tree/ansible_collections/"

cat > "$env_file" <<EOF
# $state
# Source this to work by hand with what \`make setup\` brought: . build/env.sh
export VIRTUAL_ENV='$venv'
export PATH="\$VIRTUAL_ENV/bin:\$PATH:/usr/sbin:/sbin"
export ANSIBLE_COLLECTIONS_PATH='$tree'
export AUTHORITATIVE_DNS_COLLECTIONS='$tree/ansible_collections'
export PYTHONPATH='$tree'   # so that tests import ansible_collections.authoritative.dns
export LC_ALL=C.UTF-8       # ansible insists on UTF-8
export PODMAN_IGNORE_CGROUPSV1_WARNING=true   # Podman 5 gives it with every command
$(containers_conf)
EOF
say "done in $((SECONDS - started)) s, with $("$python" --version) at $python; \`. build/env.sh\` puts it on your PATH"
