#!/usr/bin/env bash
# other_core.sh TEST…: runs tests with the newest and the oldest ansible-core that the collection supports, as far as this machine has their Pythons,
# but not with the one that all other tests use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for version in 3.13 3.11; do
  PYTHON='' bash tests/toolchain/setup.sh find-python $version > /dev/null 2>&1 || { echo "other-core: no Python $version here, left out"; continue; }
  venv=$(bash tests/toolchain/setup.sh venv $version)
  [ "$venv" != "$VIRTUAL_ENV" ] || continue
  echo "==> other-core: $("$venv/bin/ansible" --version | head -1) on Python $version"
  VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH pytest --quiet --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
done
