/* Shared by the C benchmarks. */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char KEY[] = "0f8fad5b-d9cb-469f-a165-70867728950e";
static const char *kind, *url, *authority_file;
static int in_flight, calls;

static double *times;
static double began, cpu_began;

static inline double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline double cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static inline void fail(const char *why)
{
    fprintf(stderr, "%s: %s\n", kind, why ? why : "failed");
    exit(1);
}

static inline long resident(const char *what)
{
    char line[256];
    long size = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, what, strlen(what)) == 0)
            size = strtol(line + strlen(what) + 1, NULL, 10);
    if (status)
        fclose(status);
    return size;
}

static inline char *contents(const char *name, size_t *length)
{
    FILE *file = fopen(name, "rb");
    char *text = malloc(1 << 16);
    if (!file || !text)
        fail(name);
    *length = fread(text, 1, 1 << 16, file);
    fclose(file);
    return text;
}

static inline void arguments(int count, char **values)
{
    if (count != 6) {
        fprintf(stderr, "PROGRAM KIND URL CA IN_FLIGHT CALLS\n");
        exit(2);
    }
    kind = values[1];
    url = values[2];
    authority_file = values[3];
    in_flight = atoi(values[4]);
    calls = atoi(values[5]);
    times = calloc((size_t)calls + 1, sizeof *times);
}

static inline void start(void)
{
    began = now();
    cpu_began = cpu();
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static inline void report(void)
{
    double seconds = now() - began, spent = cpu() - cpu_began;
    qsort(times, (size_t)calls, sizeof *times, by_size);
    printf("{\"seconds\": %.6f, \"cpu\": %.6f, \"p50\": %.2f, \"p99\": %.2f, \"peak\": %ld}\n",
           seconds, spent, times[calls / 2] * 1e6, times[(size_t)calls * 99 / 100] * 1e6,
           resident("VmHWM:"));
}

/* One of several calling threads. `prepare` makes the state of each. */
struct caller {
    void *(*prepare)(void);
    void (*call)(void *state);
    pthread_barrier_t *barrier;
    double *times;
    int calls;
};

static void *be_caller(void *context)
{
    struct caller *caller = context;
    void *state = caller->prepare();
    int i;
    for (i = 0; i < 20; i++)
        caller->call(state);
    pthread_barrier_wait(caller->barrier);
    pthread_barrier_wait(caller->barrier);
    for (i = 0; i < caller->calls; i++) {
        double before = now();
        caller->call(state);
        caller->times[i] = now() - before;
    }
    return NULL;
}

/* Runs one thread per call in flight; for one call in flight, only the main thread. */
static inline void run_callers(void *(*prepare)(void), void (*call)(void *state))
{
    pthread_barrier_t barrier;
    pthread_t *threads = calloc((size_t)in_flight, sizeof *threads);
    struct caller *callers = calloc((size_t)in_flight, sizeof *callers);
    int i;
    if (in_flight == 1) {
        void *state = prepare();
        for (i = 0; i < 100 && calls > 1; i++)
            call(state);
        start();
        for (i = 0; i < calls; i++) {
            double before = now();
            call(state);
            times[i] = now() - before;
        }
        report();
        return;
    }
    calls = calls / in_flight * in_flight;
    pthread_barrier_init(&barrier, NULL, (unsigned)in_flight + 1);
    for (i = 0; i < in_flight; i++) {
        struct caller caller = {prepare, call, &barrier, times + calls / in_flight * i,
                                calls / in_flight};
        callers[i] = caller;
        if (pthread_create(&threads[i], NULL, be_caller, &callers[i]) != 0)
            fail("no thread");
    }
    pthread_barrier_wait(&barrier);
    start();
    pthread_barrier_wait(&barrier);
    for (i = 0; i < in_flight; i++)
        pthread_join(threads[i], NULL);
    report();
}

#endif
