#!/bin/sh
# Measures the cost of a warm call that does not depend on the clock: instructions, system calls and
# allocations. Fails if one of them exceeds its figure in figures.txt by more than the slack.
# `run.sh --record` records new figures. Needs valgrind and nango-dev's environment (NANGO_HOST and
# the other variables).
set -eu
cd "$(dirname "$0")"
out=../../build/tests/cost
mkdir -p "$out"
few=100
many=600
# In percent. libc chooses a way to copy memory that suits the processor. Nothing else should differ
# between machines.
slack_instructions=12
slack_others=2

# shellcheck disable=SC2046 # Flags are words.
cc -std=c99 -Wall -Wextra -Wpedantic -Werror -O1 warm.c -o "$out/warm" \
    $(pkg-config --cflags --libs nango)

# numbered TOOL PATTERN CALLS URL CA OPTIONS: prints the number after PATTERN in valgrind's output.
numbered() {
    # shellcheck disable=SC2086 # several options
    valgrind --tool="$1" $6 --log-file="$out/log" "$out/warm" "$3" "$4" "$5"
    sed -n "s/.*$2 *\([0-9,]*\).*/\1/p" "$out/log" | tr -d , | tail -n 1
}
instructions() { numbered callgrind 'Collected :' "$@" "--callgrind-out-file=/dev/null"; }
allocations() {
    numbered memcheck 'total heap usage:' "$@" "--leak-check=no --undef-value-errors=no"
}
system_calls() {
    valgrind --tool=none --trace-syscalls=yes --log-file="$out/log" "$out/warm" "$@"
    # Reading the clock is a system call only under valgrind.
    grep '^SYSCALL\[.* sys_' "$out/log" | grep -vc sys_clock_gettime
}

measure() {
    for scheme in http https; do
        case $scheme in
        http) url=$NANGO_HOST ;;
        https) url=$NANGO_DEV_TLS_HOST ;;
        esac
        for what in instructions system_calls allocations; do
            begin=$($what $few "$url" "$NANGO_DEV_CA_FILE")
            end=$($what $many "$url" "$NANGO_DEV_CA_FILE")
            awk -v a="$begin" -v b="$end" -v n=$((many - few)) -v key="$scheme $what" \
                'BEGIN { printf "%s %.1f\n", key, (b - a) / n }'
        done
    done
}

if [ "${1:-}" = --record ]; then
    {
        echo "# The cost of a call on a warm connection, recorded by run.sh --record"
        measure
    } >"$out/figures"
    mv "$out/figures" figures.txt
    cat figures.txt
    exit
fi
measure >"$out/measured"
awk -v slack_instructions=$slack_instructions -v slack_others=$slack_others '
    /^#/ { next }
    FNR == NR { figure[$1 " " $2] = $3; next }
    {
        key = $1 " " $2
        most = figure[key] * (1 + ($2 == "instructions" ? slack_instructions : slack_others) / 100)
        verdict = key in figure && $3 > 0 && $3 <= most ? "ok" : "TOO MUCH"
        printf "%-5s %-13s %9.1f per call, %9.1f recorded: %s\n", $1, $2, $3, figure[key], verdict
        if (verdict != "ok") failed = 1
        seen++
    }
    END {
        failed = failed || seen != 6
        result = failed ? "not all within the limits" : "all within the limits"
        printf "cost: %d figures, %s\n", seen, result
        exit failed
    }
' figures.txt "$out/measured"
