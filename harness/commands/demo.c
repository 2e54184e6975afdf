// SPDX-License-Identifier: MIT
// storebench demo [ENGINE]: the lecture's scenario, step by step, each step checked and timed.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engines/registry.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/commands/store_common.h"
#include "harness/dataset.h"
#include "harness/interrupt.h"

enum { OPTION_DIR = 256, RECORDS = 5000, VICTIM = 2500, VALUE_BYTES = 64, PATH_ROOM = 4096, LOOK_EVERY = 64 };

struct demo_arguments {
  const char *spec;  // NULL: every engine that keeps records
  const char *dir;
};

static const struct argp_option options[] = {
    {"dir", OPTION_DIR, "DIR", 0, "Folder for the data, removed at the end (default: the current one)", 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state) {
  struct demo_arguments *arguments = state->input;
  switch (key) {
    case OPTION_DIR:
      arguments->dir = text;
      return 0;
    case ARGP_KEY_ARG:
      if (arguments->spec) return usage_error("demo: \"%s\" is one engine too many; give one, or none for all", text);
      arguments->spec = text;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

const struct argp demo_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[ENGINE]",
    .doc =
        "Plays the lecture's scenario on a store: put 5000 records with a sync each, read them back, delete one, "
        "reopen, and see that it is still gone and its neighbours are there. Without ENGINE, on every "
        "one.\vExample:\n\n  storebench demo uring:depth=8 --dir /mnt/nvme",
};

// One play on one engine.
struct demo {
  const struct engine *engine;
  struct store_config config;
  char path[PATH_ROOM];
  struct store *store;  // NULL while closed
  struct session *session;
  struct interrupt *interrupt;
};

// Looks for Ctrl-C before the i-th operation; rarely, for it is a system call.
static bool stopped(const struct demo *demo, int i) { return i % LOOK_EVERY == 0 && interrupt_seen(demo->interrupt); }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);  // cannot fail with this clock
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void format_seconds(double seconds, char text[32]) {
  const char *units[] = {"s", "ms", "us", "ns"};
  size_t unit = 0;
  while (seconds < 1 && unit < 3) {
    seconds *= 1e3;
    unit++;
  }
  snprintf(text, 32, "%.1f %s", seconds, units[unit]);
}

#define wrong(demo, ...) (complain((demo)->engine->name, __VA_ARGS__), -EIO)

// The records of the play: key "user0042", and a value of 64 bytes that names it.
struct example {
  char key[KEY_LENGTH_MAX + 1];
  char value[VALUE_BYTES + 1];
};

static struct example make_example(int number) {
  struct example example;
  snprintf(example.key, sizeof example.key, "user%04d", number);
  int length = snprintf(example.value, sizeof example.value, "value of %s ", example.key);
  memset(example.value + length, '.', (size_t)(VALUE_BYTES - length));
  example.value[VALUE_BYTES] = 0;
  return example;
}

static int run_op(struct demo *demo, enum op_kind kind, struct example *example) {
  struct op op = {.kind = kind, .key = example->key, .key_length = (uint32_t)strlen(example->key)};
  op.value = example->value;
  op.value_length = VALUE_BYTES;
  int error = session_run(demo->engine, demo->session, &op, 1);
  if (!error && !op.status && kind == OP_GET && op.value_length != VALUE_BYTES) return -EBADMSG;
  return error ? error : op.status;
}

// Gets a record and compares it with what was put.
static int expect_value(struct demo *demo, int number) {
  struct example expected = make_example(number), found = expected;
  memset(found.value, 0, sizeof found.value);
  int error = run_op(demo, OP_GET, &found);
  if (error) return wrong(demo, "get %s: %s", expected.key, strerror(-error));
  if (memcmp(found.value, expected.value, VALUE_BYTES) != 0)
    return wrong(demo, "get %s: not the value that was put", expected.key);
  return 0;
}

static int expect_absent(struct demo *demo, int number) {
  struct example example = make_example(number);
  int error = run_op(demo, OP_GET, &example);
  if (error == -ENOENT) return 0;
  return wrong(demo, "get %s: expected that it is gone: %s", example.key, error ? strerror(-error) : "it is there");
}

static int open_store(struct demo *demo) {
  struct error error = {0};
  int code = demo->engine->open(demo->path, &demo->config, &demo->store, &error);
  if (code) {
    demo->store = NULL;
    return wrong(demo, "open: %s", error.text);
  }
  code = demo->engine->session_open(demo->store, &demo->session, &error);
  if (!code) return 0;
  demo->engine->close(demo->store, NULL);
  demo->store = NULL;
  return wrong(demo, "open a session: %s", error.text);
}

static int close_store(struct demo *demo) {
  if (!demo->store) return 0;
  struct error error = {0};
  int flushed = demo->engine->session_close(demo->session);
  int closed = demo->engine->close(demo->store, &error);
  demo->store = NULL;
  if (closed) return wrong(demo, "close: %s", error.text);
  return flushed ? wrong(demo, "flush: %s", strerror(-flushed)) : 0;
}

static int syncs_so_far(struct demo *demo, uint64_t *syncs) {
  struct store_stat stat = {0};
  int error = demo->engine->stat(demo->store, &stat);
  if (error) return wrong(demo, "stat: %s", strerror(-error));
  *syncs = stat.syncs;
  return 0;
}

static int put_all(struct demo *demo) {
  uint64_t before, after;
  int error = syncs_so_far(demo, &before);
  for (int i = 0; !error && i < RECORDS && !stopped(demo, i); i++) {
    struct example example = make_example(i);
    int put = run_op(demo, OP_PUT, &example);
    if (put) error = wrong(demo, "put %s: %s", example.key, strerror(-put));
  }
  if (!error) error = syncs_so_far(demo, &after);
  if (error || demo->interrupt->seen) return error;
  if (after - before >= RECORDS) return 0;
  return wrong(demo, "%d puts were acknowledged after %" PRIu64 " syncs, not one each", RECORDS, after - before);
}

static int read_all(struct demo *demo) {
  int error = 0;
  for (int i = 0; !error && i < RECORDS && !stopped(demo, i); i++) error = expect_value(demo, i);
  return error;
}

static int get_one(struct demo *demo) { return expect_value(demo, VICTIM); }

static int delete_it(struct demo *demo) {
  struct example example = make_example(VICTIM);
  int error = run_op(demo, OP_DELETE, &example);
  return error ? wrong(demo, "delete %s: %s", example.key, strerror(-error)) : 0;
}

static int look_again(struct demo *demo) { return expect_absent(demo, VICTIM); }

static int reopen(struct demo *demo) {
  int error = close_store(demo);
  return error ? error : open_store(demo);
}

static int neighbours(struct demo *demo) {
  int error = expect_value(demo, VICTIM - 1);
  return error ? error : expect_value(demo, VICTIM + 1);
}

static const struct step {
  const char *text;
  int (*run)(struct demo *demo);
  int operations;  // above 1: the time of each is shown too
} steps[] = {
    {"make a store", open_store, 1},
    {"put 5000 records, a sync each", put_all, RECORDS},
    {"read all of them back", read_all, RECORDS},
    {"get user2500", get_one, 1},
    {"delete user2500", delete_it, 1},
    {"look it up again: not there", look_again, 1},
    {"close and open again", reopen, 1},
    {"user2500 is still gone", look_again, 1},
    {"its neighbours are there", neighbours, 2},
};

static int play_step(struct demo *demo, const struct step *step) {
  double start = now();
  int error = step->run(demo);
  double seconds = now() - start;
  if (interrupt_seen(demo->interrupt)) return -EINTR;
  char whole[32], each[32];
  format_seconds(seconds, whole);
  format_seconds(seconds / step->operations, each);
  printf("  %-32s %10s", step->text, whole);
  if (step->operations > 2) printf("  %10s each", each);
  puts(error ? "  WRONG" : "");
  fflush(stdout);
  return error;
}

static int play(struct demo *demo, const char *folder) {
  snprintf(demo->path, sizeof demo->path, "%s/demo-%s.store", folder, demo->engine->name);
  printf("%s: %s\n  sync policy always: %s\n", demo->engine->name, demo->engine->summary,
         demo->engine->durability(&demo->config));
  int error = 0;
  for (size_t i = 0; !error && i < sizeof steps / sizeof *steps; i++) error = play_step(demo, &steps[i]);
  int closed = close_store(demo);
  return error ? error : closed;
}

static int play_spec(const char *spec, const char *folder, struct interrupt *interrupt) {
  struct demo demo = {.interrupt = interrupt, .config = {.create = true, .sync = {.kind = SYNC_ALWAYS}}};
  struct error error = {0};
  if (registry_parse(spec, &demo.engine, &demo.config, &error)) {
    usage_error("demo: %s", error.text);
    return EXIT_USAGE;
  }
  if (!(demo.engine->caps & CAP_PERSISTENT)) {
    usage_error("demo: engine \"%s\" keeps nothing; choose one that stores records, such as mmap", demo.engine->name);
    return EXIT_USAGE;
  }
  if (demo.engine->probe(folder, &demo.config, &error)) {
    complain(spec, "cannot run here: %s", error.text);
    return EXIT_NOTHING_RAN;
  }
  int code = play(&demo, folder);
  store_remove(demo.path);
  if (interrupt->seen) return EXIT_INTERRUPTED;
  return code ? EXIT_CELL_FAILED : EXIT_DONE;
}

// All that keep records. One that cannot run here is no failure, as long as another can.
static int play_every(const char *folder, struct interrupt *interrupt) {
  size_t count, ran = 0;
  const struct engine *const *engines = registry_engines(&count);
  int worst = EXIT_DONE;
  for (size_t i = 0; i < count && !interrupt_seen(interrupt); i++) {
    if (!(engines[i]->caps & CAP_PERSISTENT)) continue;
    if (ran) putchar('\n');
    int status = play_spec(engines[i]->name, folder, interrupt);
    if (status == EXIT_NOTHING_RAN) continue;
    ran++;
    if (status) worst = status;
  }
  if (interrupt->seen) return EXIT_INTERRUPTED;
  return ran ? worst : EXIT_NOTHING_RAN;
}

// In a folder of its own, which is removed whatever happens, with all that is in it: some stores are folders.
static int play_in_folder(const struct demo_arguments *arguments, struct interrupt *interrupt) {
  struct dataset_folder folder;
  char *path = folder.path;
  if (snprintf(path, sizeof folder.path, "%s/storebench-demo-XXXXXX", arguments->dir) >= (int)sizeof folder.path) {
    complain(arguments->dir, "the path is too long; choose another --dir");
    return EXIT_CELL_FAILED;
  }
  if (!mkdtemp(path)) {
    complain(arguments->dir, "cannot make a folder there: %s; choose another --dir", strerror(errno));
    return EXIT_CELL_FAILED;
  }
  int status = arguments->spec ? play_spec(arguments->spec, path, interrupt) : play_every(path, interrupt);
  int code = dataset_folder_remove(&folder);
  if (code) {
    complain(path, "cannot be removed: %s; remove it yourself", strerror(-code));
    if (!status) status = EXIT_CELL_FAILED;
  }
  return status;
}

int command_demo(int argc, char **argv) {
  struct demo_arguments arguments = {.dir = "."};
  int status;
  if (!command_parse(&demo_argp, argc, argv, &arguments, &status)) return status;
  struct interrupt interrupt;
  int error = interrupt_open(&interrupt);
  if (error) {
    complain("demo", "cannot catch signals: %s; try again", strerror(-error));
    return EXIT_CELL_FAILED;
  }
  status = play_in_folder(&arguments, &interrupt);
  interrupt_close(&interrupt);
  return finish_output() && !status ? EXIT_CELL_FAILED : status;
}
