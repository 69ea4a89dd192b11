#!/bin/sh
# Runs the soak under ThreadSanitizer: tests/sanitize/threads.sh SECONDS. The standard library is
# built with ThreadSanitizer too, because its locks would otherwise look like races. That needs
# Rust's own source (`rustup component add rust-src`) and unstable compiler flags.
set -eu
cd "$(dirname "$0")/../.."
target=$(rustc -vV | sed -n 's/^host: //p')
output=${CARGO_TARGET_DIR:-$PWD/target}
[ -e "$(rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ] || {
    echo "threads: Rust's own source is missing. Run: rustup component add rust-src" >&2
    exit 1
}
suppressions=$PWD/tests/sanitize/threads.supp
export RUSTC_BOOTSTRAP=1
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 die_after_fork=0 history_size=4 \
suppressions=$suppressions"
RUSTFLAGS=-Zsanitizer=thread CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_TARGET_DIR=$output/tsan \
    cargo build --locked -Zbuild-std --target "$target" --package nango-soak

# First check that ThreadSanitizer reports a planted race. The race is in the program itself, so
# here the standard library does not need ThreadSanitizer.
rustc --edition 2024 -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer \
    -o "$output/tsan/race" tests/sanitize/race.rs 2>/dev/null
if "$output/tsan/race" >"$output/tsan/race.txt" 2>&1 ||
    ! grep -q 'WARNING: ThreadSanitizer: data race' "$output/tsan/race.txt"; then
    cat "$output/tsan/race.txt"
    echo "threads: ThreadSanitizer did not report the planted race" >&2
    exit 1
fi
echo "threads: ThreadSanitizer reports the planted race"
"$output/debug/nango-dev" --tls-port 0 -- "$output/tsan/$target/debug/nango-soak" "${1:-60}"
echo "threads: no race was reported"
