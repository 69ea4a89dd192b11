#!/bin/sh
# The soak under ThreadSanitizer: tests/sanitize/threads.sh SECONDS. The standard library is built
# with it too, or its locks would look like races: that needs Rust's own source (`rustup component
# add rust-src`), and flags that the compiler has but does not promise.
set -eu
cd "$(dirname "$0")/../.."
target=$(rustc -vV | sed -n 's/^host: //p')
output=${CARGO_TARGET_DIR:-$PWD/target}
[ -e "$(rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ] || {
    echo "threads: Rust's own source is missing: rustup component add rust-src" >&2
    exit 1
}
export RUSTC_BOOTSTRAP=1 TSAN_OPTIONS="halt_on_error=0 exitcode=66 die_after_fork=0 history_size=4 suppressions=$PWD/tests/sanitize/threads.supp"
RUSTFLAGS=-Zsanitizer=thread CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_TARGET_DIR=$output/tsan \
    cargo build --locked -Zbuild-std --target "$target" --package nango-soak

# First the proof that it sees a race. This one is the program's own, so here the standard library
# may be as it is.
rustc --edition 2024 -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer -o "$output/tsan/race" tests/sanitize/race.rs 2>/dev/null
if "$output/tsan/race" >"$output/tsan/race.txt" 2>&1 || ! grep -q 'WARNING: ThreadSanitizer: data race' "$output/tsan/race.txt"; then
    cat "$output/tsan/race.txt"
    echo "threads: a planted race was not seen" >&2
    exit 1
fi
echo "threads: a planted race is seen"
"$output/debug/nango-dev" --tls-port 0 -- "$output/tsan/$target/debug/nango-soak" "${1:-60}"
echo "threads: no race was seen"
