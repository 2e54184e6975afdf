// SPDX-License-Identifier: MIT
// One run from its plan to its report.
#include "harness/measure.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/child.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/environment.h"
#include "harness/foreign.h"
#include "harness/measure_limits.h"
#include "harness/outcome.h"
#include "harness/results.h"
#include "harness/results_file.h"
#include "harness/schedule.h"
#include "harness/warnings.h"

enum { PATH_ROOM = 4096, HOST_ROOM = 65 };
static const char results_folder[] = "results";

struct run {
  const struct plan *plan;
  const struct measure_options *options;
  char out[PATH_ROOM], dir[PATH_ROOM], host[HOST_ROOM];
  char started[32];
  uint64_t start;  // clock_ns
  struct dataset_folder folder;
  struct results *results;
  struct schedule_outcome outcome;
  struct memory_groups memory;
};

static double seconds_since(uint64_t then) { return (double)(clock_ns() - then) / 1e9; }

// UTC, as strftime wants it.
static void format_time(const char *format, char *text, size_t room) {
  time_t now = time(NULL);
  struct tm parts;
  if (!gmtime_r(&now, &parts) || strftime(text, room, format, &parts) == 0) snprintf(text, room, "unknown");
}

static int choose_folders(struct run *run, struct error *error) {
  char stamp[32], parent[PATH_ROOM];
  int length;
  format_time("%Y%m%dT%H%M%SZ", stamp, sizeof stamp);
  if (run->options->out)
    length = snprintf(run->out, sizeof run->out, "%s", run->options->out);
  else
    length = snprintf(run->out, sizeof run->out, "%s/%s-%s", results_folder, stamp, run->host);
  for (; length > 1 && length < (int)sizeof run->out && run->out[length - 1] == '/'; length--)
    run->out[length - 1] = '\0';
  if (length == 0) return error_set(error, -EINVAL, "--out is empty; name a folder that does not exist yet");
  snprintf(parent, sizeof parent, "%s", run->out);
  const char *dir = run->options->dir ? run->options->dir : dirname(parent);
  if (length >= (int)sizeof run->out || snprintf(run->dir, sizeof run->dir, "%s", dir) >= (int)sizeof run->dir)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long; choose a shorter one", run->options->out);
  if (access(run->out, F_OK) == 0)
    return error_set(error, -EEXIST, "%s: is there already; choose a new folder with --out", run->out);
  return 0;
}

// The part of a path that is there already: what can be asked about a folder before it is made.
static void existing_part(const char *path, char *part) {
  snprintf(part, PATH_ROOM, "%s", path);
  while (access(part, F_OK) && strcmp(part, ".") != 0 && strcmp(part, "/") != 0) {
    char copy[PATH_ROOM];
    snprintf(copy, sizeof copy, "%s", part);
    snprintf(part, PATH_ROOM, "%s", dirname(copy));
  }
}

static int prefix_error(struct error *error, const char *path) {
  const struct error inner = *error;
  return error_set(error, inner.code, "%.200s: %.300s", path, inner.text);
}

static int check_dir(const struct measure_options *options, struct error *error) {
  if (!options->dir || dataset_folder_check(options->dir, error) == 0) return 0;
  return prefix_error(error, options->dir);
}

// All that can be refused before anything is written.
static int check_target(const struct run *run, struct error *error) {
  char part[PATH_ROOM], type[64];
  bool durable;
  existing_part(run->dir, part);
  if (plan_check_memory(run->plan, plan_memory_available(), error)) return error->code;
  if (plan_check_space(run->plan, part, error)) return prefix_error(error, run->dir);
  int code = environment_durable(part, &durable, type, sizeof type);
  if (code)
    return error_set(error, code, "%s: its file system is not known: %s; choose another folder with --dir", run->dir,
                     strerror(-code));
  if (durable) return 0;
  if (run->options->require_durable)
    return error_set(error, -ENODEV,
                     "%s: files on %s do not outlive a power loss; choose a folder on a disk with --dir", run->dir,
                     type);
  fprintf(stderr, "storebench: %s: files on %s do not outlive a power loss; this run says nothing about durability\n",
          run->dir, type);
  return 0;
}

// How busy others keep the machine before anything of ours runs.
static json_t *watch_idle(void) {
  const struct timespec moment = {.tv_nsec = 250000000};
  struct foreign before, after;
  uint64_t start = clock_ns();
  int code = foreign_read("", &before);
  nanosleep(&moment, NULL);
  if (!code) code = foreign_read("", &after);
  if (code) return json_null();
  struct foreign foreign = foreign_since(&before, &after);
  return json_pack("{s:f, s:f, s:I, s:f, s:f}", "seconds", seconds_since(start), "cpu_s", foreign.cpu_s, "io_bytes",
                   (json_int_t)foreign.io_bytes, "steal_s", foreign.steal_s, "reference_ns", foreign.reference_ns);
}

// What was typed, without people's folders: for eyes, and word by word for reproduce.sh. NULL: no memory.
static json_t *record_arguments(char *const *arguments, char *command, size_t room) {
  json_t *words = json_array();
  snprintf(command, room, "storebench");
  for (; *arguments; arguments++) {
    char word[PATH_ROOM];
    environment_mask_homes(*arguments, word, sizeof word);
    strncat(command, " ", room - strlen(command) - 1);
    strncat(command, word, room - strlen(command) - 1);
    if (json_array_append_new(words, json_string(word))) {
      json_decref(words);
      return NULL;
    }
  }
  return words;
}

static json_t *describe(const struct run *run) {
  const struct plan_options *options = &run->plan->options;
  char part[PATH_ROOM], command[PATH_ROOM];
  existing_part(run->dir, part);
  json_t *arguments = record_arguments(run->options->arguments, command, sizeof command);
  json_t *head = json_pack("{s:i, s:s, s:s, s:b, s:I, s:i, s:f, s:s, s:o, s:s, s:o}", "schema", RESULTS_SCHEMA,
                           "started", run->started, "profile", options->profile->name, "indicative",
                           (int)options->profile->indicative, "seed", (json_int_t)options->seed, "repetitions",
                           (int)run->plan->repetitions, "sample_seconds", run->plan->seconds, "command", command,
                           "arguments", arguments, "host", run->host, "environment", environment_read(part));
  json_t *plan = plan_to_json(run->plan);
  int bad = !head || !plan || json_object_update(head, plan);
  json_decref(plan);
  json_t *environment = json_object_get(head, "environment");
  bad |= json_object_set_new(environment, "idle_watch", watch_idle());
  bad |= json_object_set_new(head, "warnings", warnings_read("", environment, part, run->options->silence));
  if (run->memory.method != MEMORY_UNLIMITED)
    bad |= json_array_append_new(json_object_get(head, "notes"),
                                 json_sprintf("memory was limited by %s", memory_method_name(run->memory.method)));
  if (!bad) return head;
  json_decref(head);
  return NULL;
}

// On standard error, but what check_target has said already.
static void complain(const json_t *head) {
  const json_t *warning;
  size_t i;
  json_array_foreach(json_object_get(head, "warnings"), i, warning) {
    const char *id = json_string_value(json_object_get(warning, "id"));
    if (strcmp(id, "durable") == 0) continue;
    fprintf(stderr, "storebench: warning: %s (--silence %s)\n", json_string_value(json_object_get(warning, "text")),
            id);
  }
}

static int open_run(struct run *run, struct error *error) {
  int code = run->options->dir ? 0 : results_make_parents(run->out);  // else it is the results' own folder
  if (code)
    return error_set(error, code, "%s: cannot be made: %s; choose another folder with --out", run->out,
                     strerror(-code));
  if (dataset_folder_make(run->dir, &run->folder, error)) return prefix_error(error, run->dir);
  json_t *head = describe(run);
  code = head ? results_create(run->out, head, &run->results, error) : error_set(error, -ENOMEM, "memory is short");
  if (!code) complain(head);
  json_decref(head);
  return code;
}

// results/latest is swapped by rename, so that it always points at a run.
static int point_latest(const struct run *run, struct error *error) {
  char part[PATH_ROOM], link[PATH_ROOM];
  if (run->options->out) return 0;
  snprintf(part, sizeof part, "%s/.latest-%ld", results_folder, (long)getpid());
  snprintf(link, sizeof link, "%s/latest", results_folder);
  if (symlink(strrchr(run->out, '/') + 1, part) == 0) {
    if (rename(part, link) == 0) return 0;
    int code = -errno;
    unlink(part);
    errno = -code;
  }
  return error_set(error, -errno, "%s: cannot point at the new run: %m", link);
}

static int finish(struct run *run, bool complete, struct error *error) {
  char finished[32];
  format_time("%Y-%m-%dT%H:%M:%SZ", finished, sizeof finished);
  json_t *end =
      json_pack("{s:o, s:b, s:o}", "finished", complete ? json_string(finished) : json_null(), "complete",
                (int)complete, "bookkeeping", shares_to_json(&run->outcome.shares, seconds_since(run->start)));
  int code = end ? results_finish(run->results, end, error) : error_set(error, -ENOMEM, "memory is short");
  json_decref(end);
  return code;
}

static int read_back(const struct run *run, json_t **json, struct error *error) {
  int code = results_read(run->out, json, error);
  if (code) return code;
  code = results_summarise(*json, error);
  if (!code) code = results_write(run->out, *json, error);
  if (!code) return 0;
  json_decref(*json);
  *json = NULL;
  return code;
}

// Writes, draws, and writes again with the time that drawing took. A run that was stopped is not drawn: whoever presses
// Ctrl-C wants the prompt back, and `report` draws it later.
static int report(struct run *run, json_t **json, struct error *error) {
  bool complete = !run->outcome.interrupted;
  int code = finish(run, complete, error);
  if (!code) code = read_back(run, json, error);
  if (!code && complete) {
    uint64_t start = clock_ns();
    int drawn = report_charts(run->out, *json, error);
    run->outcome.shares.drawing = seconds_since(start);
    if (drawn) command_complain(NULL, error->text);
    json_decref(*json);
    *json = NULL;
    code = finish(run, complete, error);
    if (!code) code = read_back(run, json, error);
  }
  if (!code) code = report_pages(run->out, *json, error);
  return code ? code : point_latest(run, error);
}

// Where this fails, the bounds from before the cells stand: the cells are worth a report without it.
static void measure_beaten(struct run *run, struct interrupt *interrupt, struct progress *progress, double *seconds,
                           double *timed) {
  struct error error = {0}, unwritten;
  char note[sizeof error.text + 64];
  int code = measure_limits_again(run->plan, run->out, &run->folder, run->results, interrupt, progress, seconds, timed,
                                  &error);
  if (code) {
    snprintf(note, sizeof note, "bounds that a cell was better than were not measured again: %s", error.text);
    progress_line(progress, "%s", note);
    // Results that take no more lines say so when the run is finished.
    (void)results_append_note(run->results, note, &unwritten);
  }
  run->outcome.interrupted = interrupt->seen;
}

static int measure(struct run *run, struct interrupt *interrupt, struct error *error) {
  struct progress progress;
  progress_start(&progress, run->plan->estimate - (double)run->plan->experiment_count * plan_drawing_cost());
  const struct schedule schedule = {.plan = run->plan,
                                    .folder = &run->folder,
                                    .results = run->results,
                                    .interrupt = interrupt,
                                    .progress = &progress,
                                    .memory = &run->memory,
                                    .run = child_run,
                                    .pair = pair_run};
  double limits, again = 0, timed_again = 0;
  int code = measure_limits(run->plan, &run->folder, run->results, interrupt, &progress, &limits, error);
  if (!code) code = schedule_run(&schedule, &run->outcome, error);
  if (!code && !run->outcome.interrupted) measure_beaten(run, interrupt, &progress, &again, &timed_again);
  run->outcome.shares.limits = limits + again;
  run->outcome.shares.limits_timed = fmin(limits, plan_limits_timed(run->plan, &run->plan->limits.list)) + timed_again;
  progress_end(&progress);
  return code;
}

// The data files go before anything else can fail.
static int clean_up(struct run *run, int code, struct error *error) {
  char path[sizeof run->folder.path];
  snprintf(path, sizeof path, "%s", run->folder.path);
  int removed = dataset_folder_remove(&run->folder);
  if (!removed || code) return code;
  return error_set(error, removed, "%.300s: cannot be removed: %s; remove it by hand", path, strerror(-removed));
}

int measure_dry_run(const struct plan *plan, const struct measure_options *options) {
  struct run run = {.plan = plan, .options = options};
  struct error error = {0};
  environment_host(run.host, sizeof run.host);
  int code = check_dir(options, &error), exit_code = code ? EXIT_CELL_FAILED : EXIT_USAGE;  // as the run's own
  if (!code) code = choose_folders(&run, &error);
  bool mistyped = code != 0;  // a mistake in what was typed has no plan beside it
  if (!code) code = check_target(&run, &error);
  if (!mistyped)
    plan_print(plan, stdout);  // also of a run that this machine is too small for: it says what to make smaller
  if (!code) return EXIT_DONE;
  fflush(stdout);  // the plan first, also where both go to one file
  command_complain(NULL, error.text);
  return exit_code;
}

int measure_run(const struct plan *plan, const struct measure_options *options) {
  struct run run = {.plan = plan, .options = options, .start = clock_ns()};
  struct error error = {0};
  struct interrupt interrupt;
  json_t *json = NULL;
  environment_host(run.host, sizeof run.host);
  format_time("%Y-%m-%dT%H:%M:%SZ", run.started, sizeof run.started);
  int code = check_dir(options, &error), exit_code = code ? EXIT_CELL_FAILED : EXIT_USAGE;
  if (!code) code = choose_folders(&run, &error);
  if (!code) code = check_target(&run, &error);
  if (code) goto out;
  exit_code = EXIT_CELL_FAILED;
  code = interrupt_open(&interrupt);
  if (code) {
    error_set(&error, code, "signals cannot be watched: %s", strerror(-code));
    goto out;
  }
  if (plan_limits_memory(plan)) code = memory_groups_open(&run.memory, &error);
  if (!code) code = open_run(&run, &error);
  if (!code) code = measure(&run, &interrupt, &error);
  code = clean_up(&run, code, &error);
  memory_groups_close(&run.memory);
  interrupt_close(&interrupt);
  if (!code) code = report(&run, &json, &error);
  if (!code) exit_code = (options->print ? options->print : outcome_print)(json, run.out, options->json);
  if (run.outcome.interrupted) exit_code = EXIT_INTERRUPTED;
out:
  if (code) command_complain(NULL, error.text);
  json_decref(json);
  results_close(run.results);
  return exit_code;
}
