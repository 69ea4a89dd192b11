#!/bin/sh
# Installs what was built, and builds nothing, so that root needs no Rust. PREFIX, LIBDIR (default:
# PREFIX/lib), INCLUDEDIR, BINDIR, DATADIR and DESTDIR have their usual meaning:
#   scripts/install.sh install      installs the library, its headers and what finds them
#   scripts/install.sh install-dev  installs nango-dev, the local Nango for tests
#   scripts/install.sh uninstall    removes all of it
#   scripts/install.sh build-tree   puts the library, its links and nango-uninstalled.pc in build/
# CARGO_TARGET_DIR is cargo's output folder (default: target).
set -eu
cd "$(dirname "$0")/.."
root=$PWD
output=${CARGO_TARGET_DIR:-$root/target}/release
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# build.rs sets the SONAME.
soversion=$(sed -n 's/.*-soname,libnango\.so\.\([0-9]*\).*/\1/p' build.rs)
# The system libraries that rustc lists for the static library, but libgcc_eh in place of libgcc_s,
# which does not exist as a static library. A test compares the two lists.
static_libs="-lgcc_eh -lutil -lrt -lpthread -lm -ldl -lc"

PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
INCLUDEDIR=${INCLUDEDIR:-$PREFIX/include}
BINDIR=${BINDIR:-$PREFIX/bin}
DATADIR=${DATADIR:-$PREFIX/share}
DESTDIR=${DESTDIR:-}

# built FILE TARGET: fails if `make TARGET` has not made the file.
built() {
    [ -e "$1" ] && return
    echo "install: $1 does not exist. Run \`make $2\` first, as the user who has Rust" >&2
    exit 1
}

# Says what to do if programs do not find the library where it is installed.
advise() {
    # A folder that is moved into place later, such as a package's.
    [ -z "$DESTDIR" ] || return 0
    [ "$(id -u)" != 0 ] || ldconfig 2>/dev/null || true
    if PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -qF "=> $LIBDIR/libnango.so"; then
        echo "install: libnango $version is in $LIBDIR, where programs find it"
        return
    fi
    echo "install: libnango $version is in $LIBDIR, where the dynamic linker does not look. Either"
    echo "    as root: echo $LIBDIR >/etc/ld.so.conf.d/libnango.conf && ldconfig"
    echo "    before you run a program: export LD_LIBRARY_PATH=$LIBDIR"
    echo "    when you link a program: add -Wl,-rpath,$LIBDIR"
}

# library FOLDER
library() {
    built "$output/libnango.so" build
    install -d "$1"
    install -m 755 "$output/libnango.so" "$1/libnango.so.$version"
    ln -sf "libnango.so.$version" "$1/libnango.so.$soversion"
    ln -sf "libnango.so.$soversion" "$1/libnango.so"
    install -m 644 "$output/libnango.a" "$1/libnango.a"
}

# fill TEMPLATE FILE [NAME VALUE]…
fill() {
    template=$1
    file=$2
    shift 2
    set -- "$@" VERSION "$version" MAJOR "${version%%.*}" \
        MINOR "$(echo "$version" | cut -d . -f 2)" SOVERSION "$soversion" STATIC_LIBS "$static_libs"
    script=
    while [ $# -gt 0 ]; do
        script="$script;s|@$1@|$2|g"
        shift 2
    done
    sed "$script" "$template" >"$file"
    chmod 644 "$file"
}

files() {
    for name in "libnango.so.$version" "libnango.so.$soversion" libnango.so libnango.a \
        pkgconfig/nango.pc cmake/nango/nango-config.cmake cmake/nango/nango-config-version.cmake; do
        echo "$DESTDIR$LIBDIR/$name"
    done
    echo "$DESTDIR$BINDIR/nango-dev"
    echo "$DESTDIR$DATADIR/libnango/libnango.supp"
    echo "$DESTDIR$INCLUDEDIR/nango.h"
    echo "$DESTDIR$INCLUDEDIR/nango.hpp"
    for header in bindings/cpp/nango/*.hpp; do
        echo "$DESTDIR$INCLUDEDIR/nango/${header##*/}"
    done
}

case ${1:-} in
install)
    library "$DESTDIR$LIBDIR"
    install -d "$DESTDIR$INCLUDEDIR/nango" "$DESTDIR$LIBDIR/pkgconfig" "$DESTDIR$LIBDIR/cmake/nango"
    install -m 644 include/nango.h bindings/cpp/nango.hpp "$DESTDIR$INCLUDEDIR/"
    install -m 644 bindings/cpp/nango/*.hpp "$DESTDIR$INCLUDEDIR/nango/"
    # shellcheck disable=SC2016 # pkg-config expands the variables.
    fill bindings/c/nango.pc.in "$DESTDIR$LIBDIR/pkgconfig/nango.pc" PREFIX "$PREFIX" \
        LIBDIR "$LIBDIR" INCLUDEDIR "$INCLUDEDIR" CFLAGS '-I${includedir}' RPATH ''
    # CMake finds the headers relative to its own file, so that the installed tree can be moved.
    fill bindings/c/nango-config.cmake.in "$DESTDIR$LIBDIR/cmake/nango/nango-config.cmake" \
        INCLUDE_FROM_LIBDIR "$(realpath -ms --relative-to="$LIBDIR" "$INCLUDEDIR")"
    fill bindings/c/nango-config-version.cmake.in \
        "$DESTDIR$LIBDIR/cmake/nango/nango-config-version.cmake"
    install -d "$DESTDIR$DATADIR/libnango"
    install -m 644 bindings/c/libnango.supp "$DESTDIR$DATADIR/libnango/"
    advise
    ;;
install-dev)
    built "$output/nango-dev" nango-dev
    install -d "$DESTDIR$BINDIR"
    install -m 755 "$output/nango-dev" "$DESTDIR$BINDIR/"
    ;;
uninstall)
    files | while read -r file; do rm -f "$file"; done
    rmdir "$DESTDIR$LIBDIR/cmake/nango" "$DESTDIR$INCLUDEDIR/nango" "$DESTDIR$DATADIR/libnango" \
        2>/dev/null || true
    ;;
build-tree)
    library build/lib
    install -d build/pkgconfig
    # The rpath lets a program find the library in build/ without LD_LIBRARY_PATH.
    # shellcheck disable=SC2016 # pkg-config expands the variables.
    fill bindings/c/nango.pc.in build/pkgconfig/nango-uninstalled.pc PREFIX "$root" \
        LIBDIR "$root/build/lib" INCLUDEDIR "$root/include" \
        CFLAGS "-I\${includedir} -I$root/bindings/cpp" RPATH '-Wl,-rpath,${libdir} '
    ;;
*)
    echo "usage: scripts/install.sh install|install-dev|uninstall|build-tree" >&2
    exit 2
    ;;
esac
