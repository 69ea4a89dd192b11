#!/bin/sh
# Checks that check.sh detects a change of each kind: it gets a changed header or library, and must
# refuse it.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# refused WHAT: check.sh must fail with the current HEADER and LIBRARY.
refused() {
    if tests/abi/check.sh >"$work/log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED: not seen: $1"
    else
        passed=$((passed + 1))
    fi
}
# changed WHAT SED-SCRIPT: a header with one change.
changed() {
    sed "$2" include/nango.h >"$work/nango.h"
    if cmp -s include/nango.h "$work/nango.h"; then
        failed=$((failed + 1))
        echo "FAILED: the script changes nothing: $1"
        return
    fi
    HEADER=$work/nango.h refused "$1"
}

tests/abi/check.sh
changed "a constant of another value" \
    's/^#define NANGO_ERROR_NOT_FOUND 43$/#define NANGO_ERROR_NOT_FOUND 44/'
changed "a constant that is gone" '/^#define NANGO_ERROR_CONFLICT /d'
changed "a member of another size" 's/^  uint64_t user_data;$/  uint32_t user_data;/'
changed "members in another order" 's/^  uint64_t ticket;$/  uint64_t user_datum;/'
changed "a member more" 's/^  void \*reserved\[4\];$/  void *reserved[5];/'
changed "a parameter of another type" \
    's/^\(int32_t nango_queue_fd(const nango_\)queue \*queue);$/\1client *queue);/'
changed "a result of another type" 's/^int32_t nango_queue_fd(/int64_t nango_queue_fd(/'
changed "a function that is gone" '/^void nango_queue_close(const nango_queue \*queue);$/d'

# Libraries with one more symbol, and with one fewer.
awk '{print "void " $1 "(void) {}"}' tests/abi/symbols.txt >"$work/same.c"
gcc -shared -fPIC -o "$work/same.so" "$work/same.c"
LIBRARY=$work/same.so tests/abi/check.sh >/dev/null && passed=$((passed + 1))
{ cat "$work/same.c" && echo 'void nango_one_more(void) {}'; } >"$work/more.c"
gcc -shared -fPIC -o "$work/more.so" "$work/more.c"
LIBRARY=$work/more.so refused "a symbol more"
sed 1d "$work/same.c" >"$work/less.c"
gcc -shared -fPIC -o "$work/less.so" "$work/less.c"
LIBRARY=$work/less.so refused "a symbol less"

echo "abi: $passed passed, $failed failed"
[ "$failed" = 0 ]
