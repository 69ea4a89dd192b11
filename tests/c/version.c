/* Checks that the header, the library and nango.pc have the same version: `version VERSION`. */
#include <stdio.h>
#include <string.h>

#include <nango.h>

int main(int argc, char **argv)
{
    char parts[32];
    snprintf(parts, sizeof parts, "%d.%d.%d", NANGO_VERSION_MAJOR, NANGO_VERSION_MINOR,
             NANGO_VERSION_PATCH);
    if (argc != 2 || strcmp(argv[1], NANGO_VERSION) != 0 || strcmp(parts, NANGO_VERSION) != 0 ||
        strcmp(nango_version(), NANGO_VERSION) != 0 ||
        nango_version_number() != NANGO_VERSION_NUMBER) {
        fprintf(stderr, "nango.pc %s, header %s (%s, %d), library %s (%lu)\n",
                argc == 2 ? argv[1] : "?", NANGO_VERSION, parts, NANGO_VERSION_NUMBER,
                nango_version(), (unsigned long)nango_version_number());
        return 1;
    }
    return 0;
}
