#!/bin/sh
# Runs test targets of the Makefile one after another: `scripts/test.sh TARGET…`. Prints the minutes
# that each takes, and fails at the end if any failed. Each runner prints its own summary.
set -u
cd "$(dirname "$0")/.." || exit
failed=
table=
began=$(date +%s)
for target in "$@"; do
    echo "=== $target"
    start=$(date +%s)
    if make --no-print-directory "$target"; then
        verdict=passed
    else
        verdict=FAILED
        failed="$failed $target"
    fi
    seconds=$(($(date +%s) - start))
    table="$table$(printf '%-16s %3d min %02d s  %s' "$target" $((seconds / 60)) $((seconds % 60)) \
        "$verdict")
"
done
seconds=$(($(date +%s) - began))
echo "=== minutes"
printf '%s' "$table"
printf '%-16s %3d min %02d s\n' all $((seconds / 60)) $((seconds % 60))
if [ -n "$failed" ]; then
    echo "FAILED:$failed"
    exit 1
fi
echo "All tests of all languages passed."
