#!/bin/sh
# Builds the release files in dist/ from the output of `make build`: a tarball that can be unpacked
# anywhere, and the Debian packages libnango0 and libnango-dev.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
soversion=$(sed -n 's/.*-soname,libnango\.so\.\([0-9]*\).*/\1/p' build.rs)
machine=$(uname -m)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p dist

# strip_library FOLDER: removes debug information, which users of the library do not need.
strip_library() {
    strip --strip-unneeded "$1/libnango.so.$version"
    strip --strip-debug "$1/libnango.a"
}

# --- The tarball ----------------------------------------------------------------------------------
name=libnango-$version-linux-$machine-gnu
# shellcheck disable=SC2016 # pkg-config expands the variable to the folder of the .pc file.
DESTDIR="$stage/tree" PREFIX='/' LIBDIR=/lib INCLUDEDIR=/include scripts/install.sh install
mv "$stage/tree" "$stage/$name"
# shellcheck disable=SC2016
sed -i -e 's|^prefix=.*|prefix=${pcfiledir}/../..|' -e 's|^libdir=.*|libdir=${prefix}/lib|' \
    -e 's|^includedir=.*|includedir=${prefix}/include|' "$stage/$name/lib/pkgconfig/nango.pc"
strip_library "$stage/$name/lib"
cp README.md LICENSE-MIT LICENSE-APACHE "$stage/$name/"
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -czf "dist/$name.tar.gz" "$name"

# --- The Debian packages --------------------------------------------------------------------------
architecture=$(dpkg --print-architecture)
multiarch=$(gcc -print-multiarch)
libdir=usr/lib/$multiarch
DESTDIR="$stage/all" PREFIX=/usr LIBDIR="/$libdir" scripts/install.sh install
strip_library "$stage/all/$libdir"
# The oldest glibc that has every symbol that the library uses.
glibc=$(objdump -T "$stage/all/$libdir/libnango.so.$version" | grep -o 'GLIBC_[0-9.]*' |
    sort -Vu | tail -n 1 | cut -d _ -f 2)

# package NAME SECTION DEPENDS SUMMARY: packs $stage/NAME.
package() {
    folder=$stage/$1
    install -d "$folder/DEBIAN" "$folder/usr/share/doc/$1"
    cat >"$folder/usr/share/doc/$1/copyright" <<EOF
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: libnango
Source: https://github.com/libnango/libnango

Files: *
Copyright: 2026 The libnango authors
License: MIT or Apache-2.0

License: MIT
$(sed -e 's/^$/./' -e 's/^/ /' LICENSE-MIT)

License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
EOF
    cat >"$folder/DEBIAN/control" <<EOF
Package: $1
Version: $version
Architecture: $architecture
Multi-Arch: same
Section: $2
Priority: optional
Maintainer: The libnango authors <libnango@users.noreply.github.com>
Homepage: https://github.com/libnango/libnango
Depends: $3
Installed-Size: $(du -sk "$folder/usr" | cut -f 1)
Description: $4
 Nango stores the OAuth connections of a product's users and returns fresh
 access tokens. libnango fetches them, in C, C++, Go and Ruby.
EOF
    (cd "$folder" && find usr -type f -exec md5sum {} +) >"$folder/DEBIAN/md5sums"
    dpkg-deb --root-owner-group --build "$folder" "dist/$1_${version}_$architecture.deb" >/dev/null
}

runtime=libnango$soversion
install -d "$stage/$runtime/$libdir" "$stage/$runtime/DEBIAN" "$stage/libnango-dev"
mv "$stage/all/$libdir/libnango.so.$version" "$stage/all/$libdir/libnango.so.$soversion" \
    "$stage/$runtime/$libdir/"
mv "$stage/all/usr" "$stage/libnango-dev/"
# A package whose programs link the library depends on this one.
echo "libnango $soversion $runtime (>= $version)" >"$stage/$runtime/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$stage/$runtime/DEBIAN/triggers"
package "$runtime" libs "libc6 (>= $glibc), libgcc-s1" \
    "client of Nango for fresh OAuth tokens - shared library"
package libnango-dev libdevel "$runtime (= $version)" \
    "client of Nango for fresh OAuth tokens - development files"

ls -l dist
