#!/bin/sh
# Sets the version, everywhere where it is written: `scripts/bump.sh 0.2.0`, or `make bump
# VERSION=0.2.0`. What users notice since the last version stands in CHANGELOG.md under
# "Unreleased", and moves under the new version.
set -eu
cd "$(dirname "$0")/.."
new=${1:-}
case $new in
*.*.*.* | *[!0-9.]* | .* | *. | *..*) valid= ;;
*.*.*) valid=yes ;;
*) valid= ;;
esac
[ -n "$valid" ] || {
    echo "usage: scripts/bump.sh MAJOR.MINOR.PATCH" >&2
    exit 2
}
old=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
[ "$new" != "$old" ] || {
    echo "bump: the version is $old already" >&2
    exit 1
}

# replace FILE SCRIPT: fails if the script changes nothing.
replace() {
    sed "$2" "$1" >"$1.new"
    if cmp -s "$1" "$1.new"; then
        rm "$1.new"
        echo "bump: $1 has no $old where it is expected" >&2
        exit 1
    fi
    cat "$1.new" >"$1"
    rm "$1.new"
}
pattern=$(echo "$old" | sed 's/\./\\./g')
replace Cargo.toml "1,/^version = /s/^version = \"$pattern\"/version = \"$new\"/"
replace bindings/go/version.go "s/^const Version = \"$pattern\"/const Version = \"$new\"/"
replace bindings/go/oauth2/go.mod "s|bindings/go v$pattern|bindings/go v$new|"
replace bindings/ruby/lib/libnango/version.rb "s/VERSION = \"$pattern\"/VERSION = \"$new\"/"
[ "${old%.*}" = "${new%.*}" ] ||
    replace README.md "s/find_package(nango ${pattern%\\.*} /find_package(nango ${new%.*} /"
[ "${old%.*}" = "${new%.*}" ] ||
    replace tests/packaging/CMakeLists.txt "s/nango ${pattern%\\.*} /nango ${new%.*} /"
[ "${old%.*}" = "${new%.*}" ] || replace docs/C.md "s/nango ${pattern%\\.*} /nango ${new%.*} /"
replace CHANGELOG.md "s/^## Unreleased\$/## Unreleased\\
\\
## $new ($(date -u +%Y-%m-%d))/"

for lock in $(git ls-files '*Cargo.lock'); do
    # --workspace changes no dependency.
    (cd "$(dirname "$lock")" && cargo update --quiet --workspace)
done
echo "bump: $old -> $new. Next: make build, which writes include/nango.h;" \
    "tests/abi/check.sh --record; make test"
