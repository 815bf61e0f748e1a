#!/usr/bin/env bash
# minutes.sh: tells about how long `make lab` will take, from what is there already. The figures are from two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=0 parts=()
part() { seconds=$((seconds + $1)); parts+=("$2"); }
if [ -e build/env.sh ]; then
  # shellcheck disable=SC1091 # made by setup.sh
  . build/env.sh
  for image in $(bash tests/lab/images/build.sh --unbuilt el9 debian); do part 60 "building the image $image"; done
else
  part 120 'installing what it needs'
  part 120 'building two images'
fi
if bash tests/lab/lab.sh run podman container exists primary 2>/dev/null; then part 60 'looking at hosts that are there'; else part 120 'six new hosts'; fi
printf -v listed ', %s' "${parts[@]}"
echo "==> lab: about $(((seconds + 59) / 60)) minutes: ${listed:2}"
