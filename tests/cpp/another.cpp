// The header in a second file of one program: nothing in it may be defined twice.
#include <nango.hpp>

std::string version_in_another_file();

std::string version_in_another_file() {
    return std::string(nango::version());
}
