/* `planted MISTAKE` misuses the library's memory in one way, which the sanitizers must catch. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nango.h>

/* Keeps the compiler from seeing the mistakes at compile time. */
static volatile int one = 1;

int main(int argc, char **argv)
{
    const char *mistake = argc > 1 ? argv[1] : "none";
    char *text = nango_json_get("{\"a\": \"sixteen letters.\"}", "/a");
    volatile int number = INT_MAX;
    if (!text || strcmp(text, "sixteen letters.") != 0)
        return 0;
    if (strcmp(mistake, "overflow") == 0)
        text[16 + one] = 'x';
    if (strcmp(mistake, "undefined") == 0)
        number += one;
    if (strcmp(mistake, "leak") == 0) {
        text = NULL;
        return 0;
    }
    if (strcmp(mistake, "wrong-free") == 0)
        free(text);
    nango_free_string(text);
    if (strcmp(mistake, "use-after-free") == 0)
        printf("%c\n", text[one]);
    if (strcmp(mistake, "double-free") == 0)
        nango_free_string(text);
    return number == INT_MAX ? 0 : 1;
}
