/*
 * A program that links libnango statically, together with another Rust library (other.rs). It uses
 * both at once, and the other library catches its own panics.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>

#include <nango.h>

#include "../c/check.h"

uint64_t other_count(uint64_t rounds);
int32_t other_panics(void);

static int one_token(void)
{
    nango_error *error = NULL;
    nango_client *client =
        nango_client_new(check_env("NANGO_HOST"), check_env("NANGO_SECRET_KEY"), &error);
    nango_queue *queue = nango_queue_new(&error);
    char *token = nango_get_token(client, "github", "bob", NULL, &error);
    nango_completion done;
    int fine = token && strcmp(token, "at-bob") == 0 &&
               nango_queue_submit(queue, client, "warm_up", NULL, NULL, 7, &error) &&
               nango_queue_next(queue, &done, 1, 10000) == 1;
    nango_free_string(token);
    if (fine) {
        fine = done.user_data == 7 && !done.error;
        nango_free_string(done.json);
        nango_error_free(done.error);
    }
    nango_error_free(error);
    nango_queue_free(queue);
    nango_client_free(client);
    return fine;
}

static void *use_the_other(void *context)
{
    int i, *failures = (int *)context;
    for (i = 0; i < 100; i++)
        *failures += other_count(1000) != 7 || other_panics() != 1;
    return NULL;
}

static void both_at_once(void)
{
    pthread_t thread;
    int i, failures = 0;
    CHECK(other_count(3) == 3 && other_panics() == 1);
    CHECK(one_token());
    pthread_create(&thread, NULL, use_the_other, &failures);
    for (i = 0; i < 30; i++)
        CHECK(one_token());
    pthread_join(thread, NULL);
    CHECK(failures == 0);
}

int main(int argc, char **argv)
{
    RUN(both_at_once);
    return check_end();
}
