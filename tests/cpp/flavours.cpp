// One program of files that were compiled in C++17, in the newest C++ that is here, and without
// exceptions: each has a result type of its own, and must not get the others' functions. In the
// environment of nango-dev.

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
