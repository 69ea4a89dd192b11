// One program whose files are compiled as C++17, as the newest C++ that the compiler has, and
// without exceptions. Each file has a different result type and must not be linked to the functions
// of the others. Runs in the environment of nango-dev.

#include <nango.h>

#include "../c/check.h"
#include "flavour.h"

static void each_for_itself() {
    for (auto* flavour : {oldest, newest, without_exceptions}) {
        CHECK_TEXT(flavour("bob").c_str(), "at-bob");
        CHECK_TEXT(flavour("nobody-there").c_str(), "NOT_FOUND");
    }
}

int main(int argc, char** argv) {
    check_env("NANGO_HOST");
    RUN(each_for_itself);
    return check_end();
}
