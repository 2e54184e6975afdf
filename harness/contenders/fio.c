// SPDX-License-Identifier: MIT
// fio, the yardstick that others know: random reads of whole records of the same file, in a process of its own, as long
// as a sample.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/registry.h"
#include "engines/slots/format.h"
#include "harness/child.h"
#include "harness/contenders/internal.h"
#include "workloads/random.h"

enum { ARGUMENTS_MAX = 32, WORD_MAX = 64, FILE_ROOM = 2 * 4096 };
static const double grace_seconds = 20;  // fio starts and ends within a second
static const char missing[] = "fio is not installed: no such program in PATH; install the package fio";

static const struct engine_option options[] = {
    {.name = "engine",
     .type = OPTION_CHOICE,
     .choices = "psync/mmap/io_uring",
     .initial = "psync",
     .help = "its ioengine: pread calls, a map, or io_uring with as many in flight as `depth`"},
    {.name = "direct", .type = OPTION_BOOL, .initial = "off", .help = "goes round the page cache (O_DIRECT)"},
    {0}};

static const char *const ioengines[] = {"psync", "mmap", "io_uring"};

// Its command line.
struct command {
  char words[ARGUMENTS_MAX][WORD_MAX];
  char file[FILE_ROOM];
  char *arguments[ARGUMENTS_MAX + 2];
  size_t count, alike;  // alike: of them, those that are the same in each sample
};

static const char *durability(const struct store_config *config) {
  (void)config;
  return "nothing is written";
}

// --NAME=..., or --NAME without a format.
static void add(struct command *command, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(struct command *command, const char *name, const char *format, ...) {
  char *word = command->words[command->count];
  command->arguments[++command->count] = word;
  int length = snprintf(word, WORD_MAX, "--%s%s", name, format ? "=" : "");
  if (!format) return;
  va_list list;
  va_start(list, format);
  vsnprintf(word + length, WORD_MAX - (size_t)length, format, list);
  va_end(list);
}

// In a file name fio takes a colon for the end of one; a backslash before it makes it a letter.
static void add_file(struct command *command, const char *path) {
  char *to = command->file;
  to += sprintf(to, "--filename=");
  for (; *path && to < command->file + FILE_ROOM - 2; path++) {
    if (*path == ':' || *path == '\\') *to++ = '\\';
    *to++ = *path;
  }
  *to = '\0';
  command->arguments[++command->count] = command->file;
}

static bool goes_direct(const struct contender_run *run) {
  return registry_option(&contender_fio.engine, run->options, "direct");
}

// As a store has it: the same bytes, keys drawn anew each time (norandommap), no time stamps per operation
// (gtod_reduce), the page cache as it was made (fio would drop it: invalidate), and no advice to the kernel
// (fadvise_hint).
static void make_command(const struct contender_run *run, struct command *command) {
  const struct sample_order *order = run->sample->order;
  const struct cell_settings *settings = &order->settings;
  static char name[] = "fio";
  command->count = 0;
  command->arguments[0] = name;
  add(command, "name", "storebench");
  add(command, "output-format", "json");
  add(command, "ioengine", "%s", run->ioengine);
  add(command, "rw", "randread");
  add(command, "bs", "%u", settings->record_size);
  add(command, "offset", "%u", RECORDS_OFFSET);
  add(command, "size", "%llu", (unsigned long long)settings->workload.records * settings->record_size);
  add(command, "direct", "%d", (int)goes_direct(run));
  if (strcmp(run->ioengine, "io_uring") == 0) add(command, "iodepth", "%u", settings->workload.depth);
  add(command, "norandommap", "1");
  add(command, "invalidate", "0");
  add(command, "gtod_reduce", "1");
  add(command, "fadvise_hint", "0");
  add(command, "thread", "1");
  add(command, "readonly", NULL);
  add(command, "time_based", "1");
  command->alike = command->count;
  add(command, "randseed", "%llu", (unsigned long long)(order->seed >> 1));  // a signed number
  add(command, "runtime", "%.0fms", order->seconds * 1000);
  add_file(command, order->path);
  command->arguments[command->count + 1] = NULL;
}

// Those that are the same in each sample.
static json_t *words_of(const struct command *command) {
  char text[ARGUMENTS_MAX * WORD_MAX] = "fio";
  size_t length = strlen(text);
  for (size_t i = 1; i <= command->alike; i++)
    length += (size_t)snprintf(text + length, sizeof text - length, " %s", command->arguments[i]);
  return json_string(text);
}

static char *run_program(char *const *arguments, double limit, struct error *error) {
  char reason[CHILD_REASON_MAX];
  struct interrupt interrupt;
  int code = interrupt_open(&interrupt);
  if (code) {
    error_set(error, code, "signals cannot be watched: %s", strerror(-code));
    return NULL;
  }
  char *text = child_output(arguments[0], arguments, NULL, limit, &interrupt, reason);
  bool stopped = interrupt.seen;
  interrupt_close(&interrupt);
  if (stopped) raise(SIGTERM);  // it came for this process
  if (!text) error_set(error, -EIO, "fio: %.400s", reason);
  return text;
}

// Whether there is one, asked apart: one that is there and does not start, since a library is missing, ends with the
// same exit code as none at all.
static bool is_installed(void) {
  char shell[] = "/bin/sh", option[] = "-c", look[] = "command -v fio";
  char *const arguments[] = {shell, option, look, NULL};
  struct error unused = {0};
  char *text = run_program(arguments, grace_seconds, &unused);
  free(text);
  return text != NULL;
}

static int probe(struct error *error) {
  char name[] = "fio", version[] = "--version";
  char *const arguments[] = {name, version, NULL};
  if (!is_installed()) return error_set(error, -EOPNOTSUPP, "%s", missing);
  char *text = run_program(arguments, grace_seconds, error);
  free(text);
  return text ? 0 : error->code;
}

static int open_fio(struct contender_run *run, struct error *error) {
  const struct sample_order *order = run->sample->order;
  const struct workload *workload = &order->settings.workload;
  run->ioengine = ioengines[registry_option(&contender_fio.engine, run->options, "engine")];
  if (workload->operation != OPERATION_GET || workload->keys != KEYS_UNIFORM)
    return error_set(error, -EOPNOTSUPP, "fio reads at random here; use operation = get and keys = uniform");
  if (goes_direct(run) && (order->settings.record_size < LIMIT_BLOCK || strcmp(run->ioengine, "mmap") == 0))
    return error_set(error, -EOPNOTSUPP, "fio:direct=on takes records of %d bytes or more, and no map", LIMIT_BLOCK);
  if (!is_installed()) return error_set(error, -EOPNOTSUPP, "%s", missing);
  return contender_file_open(order, O_RDONLY, false, &run->file, error);
}

// Each run of fio begins anew. It is given no time that does not count (ramp_time) either: the cache state of a store
// comes after its warm-up, and the first touch of each page of a map counts there too.
static int warm_up(struct contender_run *run, struct error *error) {
  (void)run, (void)error;
  return 0;
}

static int take_results(struct contender_run *run, const struct command *command, const json_t *json,
                        struct error *error) {
  struct sample *sample = run->sample;
  const char *version;
  json_int_t done, milliseconds;
  int failed;
  json_error_t where;
  if (json_unpack_ex((json_t *)json, &where, 0, "{s:s, s:[{s:i, s:{s:I, s:I}}]}", "fio version", &version, "jobs",
                     "error", &failed, "read", "total_ios", &done, "runtime", &milliseconds))
    return error_set(error, -EPROTO, "fio's JSON is not as expected: %s", where.text);
  if (failed) return error_set(error, -EIO, "fio ended with error %d (%s)", failed, strerror(failed));
  if (done <= 0 || milliseconds <= 0) return error_set(error, -EIO, "fio did nothing");
  sample->result.operations = (uint64_t)done;
  sample->result.seconds = (double)milliseconds / 1000;
  sample->counts.bytes = sample->result.operations * sample->order->settings.workload.value_size;
  sample->effective = json_pack("{s:s, s:o}", "version", version, "command", words_of(command));
  return sample->effective ? 0 : error_set(error, -ENOMEM, "no memory");
}

// fio may say something before its JSON.
static json_t *parse(const char *text, struct error *error) {
  json_error_t where;
  const char *start = strchr(text, '{');
  json_t *json = start ? json_loads(start, JSON_DISABLE_EOF_CHECK, &where) : NULL;
  if (!json)
    error_set(error, -EPROTO,
              "fio printed no JSON that can be read (%s); try `fio --version`, which must be 3 or later",
              start ? where.text : "there is none");
  return json;
}

static int time_fio(struct contender_run *run, struct error *error) {
  const struct sample_order *order = run->sample->order;
  struct command *command = malloc(sizeof *command);
  if (!command) return error_set(error, -ENOMEM, "no memory");
  make_command(run, command);
  char *text = run_program(command->arguments, grace_seconds + order->seconds, error);
  json_t *json = text ? parse(text, error) : NULL;
  int code = json ? take_results(run, command, json, error) : error->code;
  json_decref(json);
  free(text);
  free(command);
  return code;
}

static void close_fio(struct contender_run *run) { contender_file_close(&run->file); }

const struct contender contender_fio = {
    .engine = CONTENDER_ENGINE(.name = "fio", .label = "fio",
                               .summary = "no store: fio reads records of a store's file at random", .options = options,
                               .durability = durability),
    .mark =
        "fio, no store: a process of its own, of which only operations and time are taken; it looks up no key and "
        "verifies no value",
    .elsewhere = true,
    .probe = probe,
    .open = open_fio,
    .warm_up = warm_up,
    .time = time_fio,
    .close = close_fio,
};
