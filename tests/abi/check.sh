#!/bin/sh
# Compares the interface with its record in this folder: the exported symbols, the declarations and
# constants of the header, and the layout of its one struct. abidiff checks that a program that was
# built before still works.
#   tests/abi/check.sh            compares
#   tests/abi/check.sh --record   updates the record, after an intended change
# HEADER and LIBRARY select the files to check (default: those of the build).
set -eu
cd "$(dirname "$0")/../.."
header=${HEADER:-include/nango.h}
library=${LIBRARY:-build/lib/libnango.so}
record=tests/abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The header without its comments, as a compiler sees it.
gcc -fpreprocessed -dD -E -P "$header" >"$work/declarations.h"

# The symbols that a program can link with.
nm -D --defined-only "$library" | awk '{print $3}' | LC_ALL=C sort >"$work/symbols.txt"

# The values of the constants, and the offsets of the struct's members, from the compiler.
{
    printf '#include <stdio.h>\n#include "%s"\nint main(void) {\n' "$(realpath "$header")"
    # The version is not part of the interface.
    sed -n 's/^#define \(NANGO_[A-Z0-9_]*\) .*/\1/p' "$work/declarations.h" |
        grep -v -e '^NANGO_H$' -e '^NANGO_VERSION' | sort |
        while read -r name; do
            printf '    printf("%%s %%d\\n", "%s", (int)%s);\n' "$name" "$name"
        done
    printf '    printf("nango_completion %%zu bytes, aligned to %%zu\\n",'
    printf ' sizeof(nango_completion), _Alignof(nango_completion));\n'
    for member in ticket user_data json error reserved; do
        printf '    printf("nango_completion.%s at %%zu, %%zu bytes\\n",' "$member"
        printf ' offsetof(nango_completion, %s),' "$member"
        printf ' sizeof(((nango_completion *)0)->%s));\n' "$member"
    done
    echo '    return 0; }'
} >"$work/layout.c"
gcc -std=c11 -o "$work/layout" "$work/layout.c"
"$work/layout" >"$work/layout.txt"

# A C library with the same interface: abidiff sees no types in a Rust library.
{
    printf '#include "%s"\n' "$(realpath "$header")"
    sed -n '/^extern "C" {$/,$p' "$work/declarations.h" |
        grep -v -e '^#' -e '^extern "C"' -e '^}' | sed 's/);$/) { __builtin_trap(); }/'
} >"$work/stub.c"
gcc -g -shared -fPIC -w -o "$work/libstub.so" "$work/stub.c"
abidw --no-corpus-path --no-comp-dir-path --short-locs --no-show-locs "$work/libstub.so" \
    >"$work/nango.abi"

if [ "${1:-}" = --record ]; then
    grep -v -e '^#define NANGO_VERSION' -e '^    ((NANGO_VERSION' "$work/declarations.h" \
        >"$record/declarations.h"
    cp "$work/symbols.txt" "$work/layout.txt" "$work/nango.abi" "$record/"
    echo "check-abi: recorded"
    exit 0
fi

failed=0
compare() {
    if ! diff -u "$record/$1" "$work/$1"; then
        echo "check-abi: $2 changed, but $record/$1 did not" >&2
        failed=1
    fi
}
grep -v -e '^#define NANGO_VERSION' -e '^    ((NANGO_VERSION' "$work/declarations.h" \
    >"$work/kept" && mv "$work/kept" "$work/declarations.h"
compare symbols.txt "the exported symbols"
compare declarations.h "the header"
compare layout.txt "a constant or the struct"
if ! abidiff --no-added-syms "$record/nango.abi" "$work/libstub.so"; then
    echo "check-abi: a program built with the recorded header may not work with this one" >&2
    failed=1
fi
[ "$failed" = 0 ] || {
    echo "check-abi: if the change is intended, run tests/abi/check.sh --record and update" \
        "docs/ABI.md; if it breaks programs, also change the SONAME" >&2
    exit 1
}
echo "check-abi: $(wc -l <"$record/symbols.txt") symbols, the header," \
    "$(wc -l <"$record/layout.txt") constants and members are as recorded"
