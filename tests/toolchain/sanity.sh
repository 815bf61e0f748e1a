#!/usr/bin/env bash
# sanity.sh [TEST…]: ansible-test sanity, all tests or those named, with the newest and the oldest ansible-core that the
# collection supports, as far as this machine has their Pythons; pylint judges style and takes longest, so the newest
# alone runs it. ansible-test insists on a directory …/ansible_collections/authoritative/dns that is no link, and looks
# at what git tracks: a copy of that, with the dependencies beside it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/authoritative-dns
setup=tests/toolchain/setup.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

collections=$scratch/ansible_collections
copy=$collections/authoritative/dns
mkdir -p "$copy"
for namespace in "$AUTHORITATIVE_DNS_COLLECTIONS"/*; do
  [ "${namespace##*/}" = authoritative ] || ln -s "$(realpath "$namespace")" "$collections/"
done
git ls-files -z | xargs -0 cp --parents --no-dereference --target-directory "$copy" 2>/dev/null || : # one may just be removed
(cd "$copy" && git init --quiet && git add --all)

# Interpreters that run, before a version manager's shims that may not.
mkdir "$scratch/bin"
for version in 3.9 3.10 3.11 3.12 3.13 3.14; do
  if python=$(PYTHON='' bash "$setup" find-python $version 2>/dev/null); then ln -s "$python" "$scratch/bin/python$version"; fi
done
path=$(tr : '\n' <<<"$PATH" | grep -v '/shims$' | paste -sd:)

# A home of its own, for what ansible-test keeps: the environments of its tests, and our stand-in for get-pip.
export HOME_BEFORE=$HOME HOME=$cache/ansible-test
mkdir -p "$HOME/.ansible/test/cache"
[ ! -d "$HOME_BEFORE/.config/pip" ] || { mkdir -p "$HOME/.config" && ln -sfn "$HOME_BEFORE/.config/pip" "$HOME/.config/pip"; }
unset ANSIBLE_COLLECTIONS_PATH PYTHONPATH

ran=0 failed=0 color=no which=("${@/#/--test=}")
[ ! -t 1 ] || color=yes
for version in 3.13 3.11; do
  [ -e "$scratch/bin/python$version" ] || { echo "sanity: no Python $version here, left out"; continue; }
  venv=$(HOME=$HOME_BEFORE bash "$setup" venv $version)
  pip=$(sed -nE "s/.*\<pip='([0-9.]+)'.*/\1/p" "$venv"/lib/python*/site-packages/ansible_test/_internal/python_requirements.py)
  cp tests/toolchain/get_pip.py "$HOME/.ansible/test/cache/get_pip_${pip//./_}.py"
  echo "==> sanity: $("$venv/bin/ansible-test" --version 2>/dev/null || "$venv/bin/ansible" --version | head -1) on Python $version"
  (cd "$copy" && PATH=$venv/bin:$scratch/bin:$path ansible-test sanity --color "$color" "${which[@]}") || failed=1
  ran=1
  [ $# != 0 ] || which=(--skip-test=pylint)
done
[ $ran = 1 ] || { echo "sanity: needs Python 3.13 or 3.11" >&2; exit 1; }
[ $failed = 0 ]
