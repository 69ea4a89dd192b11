/* The arguments for null_matrix.c, which null.awk generates from the header. */
#include <stdbool.h>

#include <nango.h>

#include "check.h"

static const char *KEY, *HOST;

/* One object of each type, new for each case. */
struct things {
    nango_client *client;
    nango_options *options;
    nango_call_options *call;
    nango_cancel *cancel;
    nango_pager *pager;
    nango_queue *queue;
    nango_params *params;
    nango_error *error;
    nango_completion completion;
    int problems;
};

static inline struct things made(void)
{
    struct things t;
    memset(&t, 0, sizeof t);
    t.options = nango_options_new();
    nango_options_set_base_url(t.options, HOST);
    nango_options_set_secret_key(t.options, KEY);
    t.client = nango_client_new_with_options(t.options, NULL);
    t.call = nango_call_options_new();
    t.cancel = nango_cancel_new();
    t.pager = nango_pager_new(t.client, "list_connections", NULL, 5, NULL, NULL);
    t.queue = nango_queue_new(NULL);
    t.params = nango_params_new();
    nango_free_string(nango_get_token(t.client, "", "", NULL, &t.error));
    CHECK(t.client && t.options && t.call && t.cancel && t.pager && t.queue && t.params && t.error);
    t.problems = check_problems;
    return t;
}

/* Frees the objects, and prints the name of the case if a check failed. */
static inline int unmade(struct things *t, const char *name)
{
    nango_error_free(t->error);
    nango_params_free(t->params);
    nango_queue_free(t->queue);
    nango_pager_free(t->pager);
    nango_cancel_free(t->cancel);
    nango_call_options_free(t->call);
    nango_client_free(t->client);
    nango_options_free(t->options);
    CHECK(nango_live_objects() == 0);
    if (check_problems != t->problems)
        printf("  that was %s\n", name);
    return 0;
}

/* The block that follows runs once. */
#define CASE(name)                                                                    \
    for (struct things t = made(), *more = &t; more; unmade(more, name), more = NULL) \
        for (nango_error *error = NULL, **once = &error; once; once = NULL)

#define CHECK_MISSING(error, name)                                      \
    do {                                                                \
        CHECK(nango_error_code(error) == NANGO_ERROR_INVALID_ARGUMENT); \
        CHECK_HOLDS(nango_error_message(error), name " is NULL");       \
        nango_error_free(error);                                        \
    } while (0)
