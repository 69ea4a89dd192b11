#!/bin/sh
# Does what packagers and their users do: installs, links in every way, moves and removes the
# library. Also tests the release files. Runs against the server in its environment.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
unset PKG_CONFIG_PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME COMMAND…: runs one test.
check() {
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        sed 's/^/    /' "$work/log"
    fi
}

# linked PC-FOLDER SOURCE COMPILER FLAGS…: compiles with pkg-config's flags and runs the program.
linked() {
    pc=$1
    source=$2
    shift 2
    # shellcheck disable=SC2046 # Flags are words.
    "$@" -o "$work/program" "tests/packaging/$source" \
        $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs nango)
    LD_LIBRARY_PATH=$(dirname "$pc") "$work/program"
}
linked_statically() {
    # shellcheck disable=SC2046
    cc -o "$work/program" tests/packaging/uses.c \
        $(PKG_CONFIG_PATH=$1 pkg-config --cflags nango) "$(dirname "$1")/libnango.a" \
        $(PKG_CONFIG_PATH=$1 pkg-config --static --libs-only-l nango | sed 's/-lnango//')
    ! ldd "$work/program" | grep libnango && "$work/program"
}
linked_fully_statically() {
    # shellcheck disable=SC2046
    cc -static -o "$work/program" tests/packaging/uses.c \
        $(PKG_CONFIG_PATH=$1 pkg-config --static --cflags --libs nango) &&
        ! readelf -d "$work/program" | grep NEEDED && "$work/program"
}
# The manual's claim: no mistake is reported, and what is really lost still is.
is_clean_under_valgrind() {
    folder=$(dirname "$1")
    set -- "$(PKG_CONFIG_PATH=$1 pkg-config --cflags --libs nango)" \
        "${folder%/lib}/share/libnango/libnango.supp"
    # shellcheck disable=SC2086
    cc -g -o "$work/program" tests/packaging/one_call.c $1 || return 1
    for arguments in "" tls; do
        # shellcheck disable=SC2086
        LD_LIBRARY_PATH=$folder valgrind --error-exitcode=9 --leak-check=full \
            --suppressions="$2" "$work/program" $arguments || return 1
    done
    ! LD_LIBRARY_PATH=$folder valgrind --error-exitcode=9 --leak-check=full \
        --suppressions="$2" "$work/program" leak
}
# Installs with a cargo that fails, as root's PATH has none, and keeps what the command says.
installs_without_cargo() {
    mkdir -p "$work/no-cargo"
    printf '#!/bin/sh\nexit 1\n' >"$work/no-cargo/cargo"
    chmod +x "$work/no-cargo/cargo"
    env PATH="$work/no-cargo:$PATH" make --no-print-directory install PREFIX="$1" >"$work/said" &&
        cat "$work/said" && grep -q "the dynamic linker does not look" "$work/said" &&
        grep -q "LD_LIBRARY_PATH=$1/lib" "$work/said"
}
says_what_to_build() {
    ! CARGO_TARGET_DIR=$work/nothing \
        make --no-print-directory "$1" PREFIX="$work/none" 2>"$work/said" &&
        cat "$work/said" && grep -q "Run .make $2. first" "$work/said"
}
installs_nango_dev() {
    mkdir -p "$work/target/release"
    cp "$NANGO_DEV" "$work/target/release/"
    CARGO_TARGET_DIR=$work/target make --no-print-directory install-dev PREFIX="$1" &&
        "$1/bin/nango-dev" --version
}
# from_source HOW: a project that builds libnango itself.
from_source() {
    rm -rf "$work/source" && mkdir -p "$work/source/build"
    cp tests/packaging/uses.c tests/packaging/uses.cpp "$work/source/"
    {
        printf 'cmake_minimum_required(VERSION 3.18)\nproject(uses LANGUAGES C CXX)\n%s\n' "$1"
        sed -n '/^add_executable/,$p' tests/packaging/CMakeLists.txt
    } >"$work/source/CMakeLists.txt"
    cmake -S "$work/source" -B "$work/source/build" -DFETCHCONTENT_SOURCE_DIR_NANGO="$root" \
        -DNANGO_CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}" &&
        cmake --build "$work/source/build" && "$work/source/build/shared" &&
        "$work/source/build/static" && "$work/source/build/cpp"
}
# The recipe of docs/TESTING.md: each test has a server of its own.
tests_with_ctest() {
    rm -rf "$work/ctest" && mkdir -p "$work/ctest"
    cp tests/packaging/uses.c "$work/ctest/"
    {
        printf 'cmake_minimum_required(VERSION 3.18)\nproject(service LANGUAGES C)\n'
        printf 'find_package(nango CONFIG REQUIRED)\nadd_executable(service_test uses.c)\n'
        printf 'target_link_libraries(service_test PRIVATE nango::nango)\n'
        # shellcheck disable=SC2016 # The backquotes are Markdown's.
        sed -n '/^```cmake$/,/^```$/p' docs/TESTING.md | sed '1d;$d'
    } >"$work/ctest/CMakeLists.txt"
    cmake -S "$work/ctest" -B "$work/ctest/build" -DCMAKE_PREFIX_PATH="$1" \
        -DNANGO_DEV="$NANGO_DEV" && cmake --build "$work/ctest/build" &&
        env -u NANGO_HOST -u NANGO_SECRET_KEY ctest --test-dir "$work/ctest/build" \
            --output-on-failure
}
# in_root FOLDER PROGRAM ARGUMENTS…: runs a program with this folder as the root of the file system.
in_root() {
    if [ "$(id -u)" = 0 ]; then
        chroot "$@"
    else
        unshare --user --map-root-user chroot "$@"
    fi
}
# An image with nothing but the program, such as `FROM scratch`.
runs_in_an_empty_root() {
    linked_fully_statically "$1" || return 1
    rm -rf "$work/empty" && mkdir "$work/empty" && cp "$work/program" "$work/empty/" &&
        in_root "$work/empty" /program
}
# An image with the system's C library, such as distroless/cc, and libnango.so.
runs_with_the_c_library_only() {
    # shellcheck disable=SC2046
    cc -o "$work/program" tests/packaging/uses.c \
        $(PKG_CONFIG_PATH=$1 pkg-config --cflags --libs nango)
    rm -rf "$work/distroless" && mkdir "$work/distroless" && cp "$work/program" "$work/distroless/"
    for file in $(LD_LIBRARY_PATH=$(dirname "$1") ldd "$work/program" | grep -o '/[^ ]*'); do
        mkdir -p "$work/distroless$(dirname "$file")"
        case $file in
        *libnango*) cp -L "$file" "$work/distroless/libnango.so.0" ;;
        *) cp -L "$file" "$work/distroless$file" ;;
        esac
    done
    LD_LIBRARY_PATH=/ in_root "$work/distroless" /program
}
with_cmake() {
    rm -rf "$work/cmake"
    cmake -S tests/packaging -B "$work/cmake" -DCMAKE_PREFIX_PATH="$1" &&
        cmake --build "$work/cmake" && "$work/cmake/shared" && "$work/cmake/static" &&
        "$work/cmake/cpp"
}
cmake_refuses() {
    {
        printf 'cmake_minimum_required(VERSION 3.18)\nproject(x C)\n'
        printf 'find_package(nango %s CONFIG REQUIRED)\n' "$2"
    } >"$work/CMakeLists.txt"
    ! cmake -S "$work" -B "$work/refused" -DCMAKE_PREFIX_PATH="$1"
}
links_are_right() {
    [ "$(readlink "$1/libnango.so")" = libnango.so.0 ] &&
        [ "$(readlink "$1/libnango.so.0")" = "libnango.so.$version" ] &&
        objdump -p "$1/libnango.so" | grep -q 'SONAME *libnango.so.0$' &&
        readelf -d "$1/libnango.so" | grep -q NODELETE
}
nothing_left() { [ -z "$(find "$1" ! -type d)" ]; }
static_libs_are_true() {
    listed=$(sed -n 's/^static_libs="\(.*\)"/\1/p' scripts/install.sh)
    needed=$(cargo rustc --locked --package nango --crate-type staticlib \
        -- --print native-static-libs 2>&1 | sed -n 's/.*native-static-libs: //p')
    echo "rustc lists $needed, scripts/install.sh lists $listed"
    # The archive of the same unwinder, which full static linking needs.
    [ "$listed" = "$(echo "$needed" | sed 's/-lgcc_s/-lgcc_eh/')" ]
}
glibc_floor_is_stated() {
    floor=$(objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1 | cut -d _ -f 2)
    echo "the library needs glibc $floor"
    grep -q "glibc $floor or newer" README.md
}

# Runs a test in a subshell, because it changes the folder and the environment.
in_a_shell() ("$@")
# block LANGUAGE: prints the README's first code block in this language.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$root/README.md" | sed '1d;/^```$/,$d'; }
# Follows the README in an empty folder, with only the installed files.
as_the_readme_says() {
    rm -rf "$work/user" && mkdir -p "$work/user/build" && cd "$work/user"
    export PKG_CONFIG_PATH="$1/pkgconfig" LD_LIBRARY_PATH="$1"
    block c >example.c
    block cpp >example.cpp
    for compiler in cc c++; do
        command=$(sed -n "s/^\`\($compiler .*)\)\`.*/\1/p" "$root/README.md" | head -n 1)
        echo "$command" && eval "$command" && ./a.out | tee said &&
            grep -q '^a token of [1-9]' said || return 1
        rm a.out
    done
    {
        printf 'cmake_minimum_required(VERSION 3.18)\nproject(example CXX)\n'
        printf 'set(CMAKE_CXX_STANDARD 17)\nadd_executable(example example.cpp)\n'
        block cmake
    } >CMakeLists.txt
    cmake -S . -B build -DCMAKE_PREFIX_PATH="${1%/lib}" && cmake --build build &&
        build/example | grep '^a token of [1-9]'
}
# commands LANGUAGE: prints the commands below the README's heading of this language.
commands() { sed "1,/^### $1\$/d" "$root/README.md" | sed -n '/^```sh$/,$p' | sed '1d;/^```$/,$d'; }
go_as_the_readme_says() {
    rm -rf "$work/user" && mkdir -p "$work/user" && cd "$work/user"
    export PKG_CONFIG_PATH="$1/pkgconfig" LD_LIBRARY_PATH="$1"
    export CGO_LDFLAGS="-O2 -g -L$1"
    block go >example.go
    commands Go >steps
    LIBNANGO=$root sh -ex steps | tee said && grep -q '^a token of [1-9]' said
}
ruby_as_the_readme_says() {
    rm -rf "$work/user" && mkdir -p "$work/user/home" && cd "$work/user"
    unset NANGO_LIB_PATH RUBYLIB
    export GEM_HOME="$work/user/home" LD_LIBRARY_PATH="$1"
    block ruby >example.rb
    commands Ruby >steps
    LIBNANGO=$root sh -ex steps | tee said && grep -q '^a token of [1-9]' said &&
        gem contents libnango | grep "$GEM_HOME"
}

# bumps VERSION: the version is written in a copy of the repository, and its lock files still hold.
bumps() {
    rm -rf "$work/bumped" && git clone -q --no-hardlinks . "$work/bumped" && cd "$work/bumped" &&
        cp "$root/scripts/bump.sh" scripts/ && scripts/bump.sh "$1" &&
        for lock in $(git ls-files '*Cargo.lock'); do
            (cd "$(dirname "$lock")" && cargo metadata --locked --format-version 1 >/dev/null) ||
                return 1
        done &&
        grep -q "^version = \"$1\"" Cargo.toml &&
        grep -q "Version = \"$1\"" bindings/go/version.go &&
        grep -q " VERSION = \"$1\"" bindings/ruby/lib/libnango/version.rb &&
        grep -q "^## $1 (" CHANGELOG.md && grep -q "bindings/go v$1" bindings/go/oauth2/go.mod &&
        ! scripts/bump.sh 1.x.0 && ! scripts/bump.sh 1.2 && ! scripts/bump.sh "$1"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

check "make bump" in_a_shell bumps 99.0.1
check "install.sh lists the system libraries that rustc lists" static_libs_are_true

check "make install needs no cargo, and says how to find the library" \
    installs_without_cargo "$work/prefix"
check "make install says what to build first" says_what_to_build install build
check "make install-dev says what to build first" says_what_to_build install-dev nango-dev
check "make install-dev" installs_nango_dev "$work/prefix"
pc=$work/prefix/lib/pkgconfig
check "the links, the SONAME and nodelete" links_are_right "$work/prefix/lib"
check "the README states the oldest glibc" glibc_floor_is_stated "$work/prefix/lib/libnango.so"
check "pkg-config reports the version" \
    test "$(PKG_CONFIG_PATH=$pc pkg-config --modversion nango)" = "$version"
check "C, shared" linked "$pc" uses.c cc -std=c99 -Wall -Wextra -Wpedantic -Werror
check "C++, shared" linked "$pc" uses.cpp c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror
check "C, static" linked_statically "$pc"
check "C, fully static" linked_fully_statically "$pc"
check "in an empty root folder, as in a scratch image" runs_in_an_empty_root "$pc"
check "with nothing but the C library, as in a distroless image" runs_with_the_c_library_only "$pc"
check "valgrind, with the installed suppressions" is_clean_under_valgrind "$pc"
check "CMake" with_cmake "$work/prefix"
check "CMake, add_subdirectory" from_source "add_subdirectory($root nango)"
check "CMake, FetchContent" from_source "include(FetchContent)
FetchContent_Declare(nango GIT_REPOSITORY https://github.com/libnango/libnango)
FetchContent_MakeAvailable(nango)"
check "the tests of a service with CTest" tests_with_ctest "$work/prefix"
minor=$(echo "$version" | cut -d . -f 2)
check "CMake rejects a later minor version" \
    cmake_refuses "$work/prefix" "${version%%.*}.$((minor + 1))"
check "CMake rejects a later version" cmake_refuses "$work/prefix" "$((${version%%.*} + 1)).0"
check "the README's C, C++ and CMake examples, in an empty folder" \
    in_a_shell as_the_readme_says "$work/prefix/lib"
check "the README's Go example, in an empty folder" \
    in_a_shell go_as_the_readme_says "$work/prefix/lib"
check "the README's Ruby example, in an empty folder" \
    in_a_shell ruby_as_the_readme_says "$work/prefix/lib"
check "the build tree" linked "$root/build/pkgconfig" uses.c cc
PREFIX="$work/prefix" scripts/install.sh uninstall
check "uninstall leaves nothing" nothing_left "$work/prefix"

check "make dist" scripts/dist.sh
tar -C "$work" -xzf "dist/libnango-$version-linux-$(uname -m)-gnu.tar.gz"
mv "$work/libnango-$version-linux-$(uname -m)-gnu" "$work/moved"
check "the tarball, moved: C" linked "$work/moved/lib/pkgconfig" uses.c cc
check "the tarball, moved: CMake" with_cmake "$work/moved"
check "the tarball, moved: valgrind, without the library's symbols" \
    is_clean_under_valgrind "$work/moved/lib/pkgconfig"

if command -v dpkg >/dev/null; then
    # A separate root folder, so that this system is not changed.
    system=$work/system
    mkdir -p "$system/var/lib/dpkg/info" "$system/var/lib/dpkg/updates"
    : >"$system/var/lib/dpkg/status"
    in_system() {
        dpkg --root="$system" --force-not-root --force-depends --no-triggers --log=/dev/null "$@"
    }
    architecture=$(dpkg --print-architecture)
    check "the Debian packages install" in_system --install \
        "dist/libnango0_${version}_$architecture.deb" \
        "dist/libnango-dev_${version}_$architecture.deb"
    lib=$system/usr/lib/$(gcc -print-multiarch)
    check "the Debian packages: the links, the SONAME and nodelete" links_are_right "$lib"
    debian_links() {
        cc -o "$work/program" tests/packaging/uses.c -I"$system/usr/include" -L"$lib" -lnango &&
            LD_LIBRARY_PATH=$lib "$work/program"
    }
    check "a program links with the Debian packages" debian_links
    check "the Debian packages can be removed" in_system --remove libnango-dev libnango0
    check "removal leaves nothing" nothing_left "$system/usr"
fi

echo "packaging: $passed passed, $failed failed"
[ "$failed" = 0 ]
