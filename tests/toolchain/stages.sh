#!/usr/bin/env bash
# stages.sh TARGET…: makes each target, whatever became of those before it, and ends with what each took and how many passed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
passed=0 failed=0 summary=''
for stage; do
  printf '\n==> %s\n' "$stage"
  started=$SECONDS
  if make "$stage" < /dev/null; then result=passed passed=$((passed + 1)); else result=FAILED failed=$((failed + 1)); fi
  summary+=$(printf '%-12s %s in %d s' "$stage" "$result" $((SECONDS - started)))$'\n'
done
printf '\n%s\n%d passed, %d failed\n' "$summary" "$passed" "$failed"
[ "$failed" = 0 ]
