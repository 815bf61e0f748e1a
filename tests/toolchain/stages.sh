#!/usr/bin/env bash
# stages.sh TARGET… [-- TARGET…]: makes each target, whatever became of those before it, and ends with what each took and how many passed. Those behind
# -- are made beside the others, one after the other and with what the others leave of the processors; what each of them says comes when it is done.
set -uom pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
results=$(mktemp -d) said=$(mktemp)
trap 'rm -rf "$results" "$said"' EXIT

# stage TARGET [COMMAND…]: makes it, by a command such as nice.
stage() {
  local started=$SECONDS result=passed
  printf '\n==> %s\n' "$1"
  "${@:2}" make "$1" < /dev/null || result=FAILED
  printf '%-12s %s in %d s\n' "$1" "$result" $((SECONDS - started)) > "$results/$1"
}

beside() {
  local target
  for target; do
    stage "$target" nice -n 19 > "$said" 2>&1
    cat "$said"
  done
}

first=() second=()
for target; do
  if [ "$target" = -- ]; then second=("${@:${#first[@]}+2}"); break; fi
  first+=("$target")
done
# shellcheck disable=SC2046 # a group of processes each
trap 'kill -- $(jobs -p | sed s/^/-/); exit 130' INT TERM
beside "${second[@]}" &
for target in "${first[@]}"; do
  stage "$target" & # or it would have to end before anything is done about a signal
  wait $!
done
wait

summary=$(for target in "${first[@]}" "${second[@]}"; do cat "$results/$target" || printf '%-12s FAILED, and nothing is known of it\n' "$target"; done)
failed=$(awk '$2 != "passed"' <<< "$summary" | wc -l)
printf '\n%s\n\n%d passed, %d failed\n' "$summary" $((${#first[@]} + ${#second[@]} - failed)) "$failed"
[ "$failed" = 0 ]
