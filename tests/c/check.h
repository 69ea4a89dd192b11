/*
 * The test harness for C and C++. A test is a function. It fails if one of its checks fails or, if
 * nango.h is included before this file, if it did not free everything that the library returned.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_problems, check_passed, check_failed;

static inline int check_that(int fine, const char *what, const char *file, int line)
{
    if (!fine) {
        check_problems++;
        printf("%s:%d: not so: %s\n", file, line, what);
    }
    return fine;
}

static inline int check_same_text(const char *seen, const char *wanted, const char *file, int line)
{
    int same = seen && wanted ? strcmp(seen, wanted) == 0 : seen == wanted;
    if (!same) {
        check_problems++;
        printf("%s:%d: seen %s, wanted %s\n", file, line, seen ? seen : "NULL",
               wanted ? wanted : "NULL");
    }
    return same;
}

static inline int check_holds(const char *text, const char *part, const char *file, int line)
{
    int holds = text && strstr(text, part);
    if (!holds) {
        check_problems++;
        printf("%s:%d: no \"%s\" in: %s\n", file, line, part, text ? text : "NULL");
    }
    return holds;
}

#define CHECK(condition) check_that(!!(condition), #condition, __FILE__, __LINE__)
#define CHECK_TEXT(seen, wanted) check_same_text(seen, wanted, __FILE__, __LINE__)
#define CHECK_HOLDS(text, part) check_holds(text, part, __FILE__, __LINE__)

/* Runs one test. With arguments on the command line, only if they name it. */
static inline void check_run(const char *name, void (*test)(void), int argc, char **argv)
{
    int i, named = argc < 2;
    for (i = 1; i < argc; i++)
        named = named || strcmp(argv[i], name) == 0;
    if (!named)
        return;
    check_problems = 0;
    test();
#ifdef NANGO_H
    check_that(nango_live_objects() == 0, "the test freed all that the library gave it", name, 0);
#endif
    if (check_problems)
        check_failed++;
    else
        check_passed++;
    printf("%s %s\n", check_problems ? "FAILED" : "ok", name);
    fflush(stdout);
}

#define RUN(test) check_run(#test, test, argc, argv)

/* Prints the summary, and returns the program's exit code. */
static inline int check_end(void)
{
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed || !check_passed;
}

/* Returns an environment variable that nango-dev sets. */
static inline const char *check_env(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        fprintf(stderr,
                "%s is not set: "
                "run this with nango-dev --tls-port 0 --vectors tests/conformance -- …\n",
                name);
        exit(2);
    }
    return value;
}

#endif
