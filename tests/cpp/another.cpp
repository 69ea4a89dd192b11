// Includes the header in a second source file of one program: it must not define anything twice.
#include <nango.hpp>

std::string version_in_another_file();

std::string version_in_another_file() { return std::string(nango::version()); }
