#!/bin/sh
# Builds the reference of the C and C++ headers in build/docs/html/index.html and checks that it is
# complete: every C function has an entry and every C++ class has a page. Missing or wrong
# documentation is an error.
set -eu
cd "$(dirname "$0")/../.."
output=build/docs
rm -rf "$output"
mkdir -p "$output"
doxygen docs/doxygen/Doxyfile

functions=$(sed -n 's/^[a-z].*[ *]\(nango_[a-z0-9_]*\)(.*/\1/p' include/nango.h)
for function in $functions; do
    grep -q "<h2 class=\"memtitle\">.*$function()" "$output/html/nango_8h.html" || {
        echo "docs: $function() has no entry" >&2
        exit 1
    }
done
class='\(class\|struct\)\( \[\[nodiscard\]\]\)\? \([a-z_]*\)\( : public .*\)\? {.*'
classes=$(sed -n "s/^$class/\3/p" bindings/cpp/nango/*.hpp | sort -u)
for class in $classes; do
    case $class in freed | given | params | problems | results | facts) continue ;; esac
    page=$(echo "$class" | sed 's/_/__/g')
    [ -e "$output/html/classnango_1_1$page.html" ] ||
        [ -e "$output/html/structnango_1_1$page.html" ] || {
        echo "docs: nango::$class has no page" >&2
        exit 1
    }
done

# refused WHAT FILE SED-SCRIPT: changes a copy of FILE; doxygen must then fail.
refused() {
    sed "$3" "$2" >"$output/$(basename "$2")"
    ! cmp -s "$2" "$output/$(basename "$2")" || {
        echo "docs: the sed script changes nothing. Update it: $1" >&2
        exit 1
    }
    if {
        cat docs/doxygen/Doxyfile
        echo "EXCLUDE = $2"
        echo "INPUT += $output/$(basename "$2")"
        echo "OUTPUT_DIRECTORY = $output/refused"
    } | doxygen - >/dev/null 2>&1; then
        echo "docs: doxygen did not report: $1" >&2
        exit 1
    fi
}
refused "an undocumented C function" include/nango.h \
    's|^int64_t nango_live_objects(void);|&\nint nango_silent(void);|'
refused "an undocumented C++ function" bindings/cpp/nango/queue.hpp \
    's|^    int fd() const noexcept|    int silent() const { return 0; }\n&|'
refused "a parameter that does not exist" bindings/cpp/nango/client.hpp \
    's|@param page_size |@param page_length |'
refused "a command that is not valid" bindings/cpp/nango/facts.hpp \
    's|@return The token|@returrn The token|'
rm -rf "$output/refused" "$output"/*.h "$output"/*.hpp
count() { echo "$1" | wc -l; }
echo "docs: $(count "$functions") functions, $(count "$classes") classes, $output/html/index.html"
