#!/bin/sh
# Fuzzes each place that reads untrusted bytes, with the stable toolchain:
#   fuzz/run.sh fuzz SECONDS   fuzzes each target for SECONDS; new inputs stay in fuzz/corpus, and
#                              crashes in fuzz/crashes
#   fuzz/run.sh replay         runs the corpus once, for the tests
set -eu
cd "$(dirname "$0")"
targets="answer envelope scan sentence request filter json_get options"
# The coverage flags of cargo-fuzz, without the sanitizer. The sanitizer needs a nightly toolchain,
# and the code under test is safe Rust.
RUSTFLAGS="--cfg nango_fuzz -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
export RUSTFLAGS
output=${CARGO_TARGET_DIR:-$PWD/../target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
CARGO_TARGET_DIR=$output cargo build --release --locked --target "$host"
programs=$output/$host/release

passed=0
for target in $targets; do
    mkdir -p "corpus/$target" crashes
    case ${1:-} in
    fuzz)
        "$programs/$target" -max_total_time="${2:-60}" -max_len=4096 \
            -artifact_prefix=crashes/ -print_final_stats=1 -verbosity=0 "corpus/$target"
        ;;
    replay) "$programs/$target" -runs=0 -artifact_prefix=crashes/ -verbosity=0 "corpus/$target" ;;
    *) echo "usage: fuzz/run.sh fuzz SECONDS | replay" >&2 && exit 2 ;;
    esac
    passed=$((passed + 1))
    echo "fuzz: $target: $(find "corpus/$target" -type f | wc -l) inputs"
done
echo "fuzz: $passed passed, 0 failed"
