// SPDX-License-Identifier: MIT
// storebench advise [RUN]: which engine a planned load should use, by what a run measured.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "harness/advise.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/report/values.h"
#include "harness/results.h"
#include "harness/results_file.h"

enum { KEY_VALUE_SIZE = 0x100, KEY_READS, KEY_DATA, KEY_DURABILITY, KEY_BATCH, KEY_WRITE, KEY_JSON, SHOWN_MAX = 8 };

struct request {
  const char *run, *experiment;
  struct advise_load load;
  uint64_t data_bytes;  // 0: load.data says it
  bool json;
};

static int set_value_size(struct request *request, const char *text) {
  uint64_t size;
  if (parse_size(text, &size) || size < 16 || size > RECORD_SIZE_MAX - RECORD_OVERHEAD)
    return usage_error("advise: bad --value-size \"%s\"; bytes from 16 to %u", text, RECORD_SIZE_MAX - RECORD_OVERHEAD);
  request->load.value_size = (uint32_t)size;
  return 0;
}

static int set_reads(struct request *request, const char *text) {
  char *end;
  double percent = strtod(text, &end);
  if (*end == '%') end++;
  if (end == text || *end || !(percent >= 0 && percent <= 100))
    return usage_error("advise: bad --reads \"%s\"; a percentage from 0 to 100", text);
  request->load.reads = percent / 100;
  return 0;
}

// "2x-memory", "2x memory", "2x", or a size, which set_data sets beside the memory of the run's machine.
static int set_size(struct request *request, const char *text) {
  char *end;
  double factor = strtod(text, &end);
  request->data_bytes = 0;
  if (end != text && *end == 'x') {
    bool whole = !end[1] || strcmp(end + 1, "-memory") == 0 || strcmp(end + 1, " memory") == 0;
    request->load.data = factor;
    if (whole && factor > 0 && isfinite(factor)) return 0;
  } else if (!parse_size(text, &request->data_bytes) && request->data_bytes) {
    return 0;
  }
  return usage_error("advise: bad --data \"%s\"; a size such as 40G, or 2x-memory", text);
}

static int set_durability(struct request *request, const char *text) {
  struct error error;
  return sync_policy_parse(text, &request->load.sync, &error) ? usage_error("--durability: %s", error.text) : 0;
}

static int set_batch(struct request *request, const char *text) {
  uint64_t batch;
  if (parse_count(text, &batch) || batch < 1 || batch > 65536)
    return usage_error("advise: bad --batch \"%s\"; a count from 1 to 65536", text);
  request->load.batch = (uint32_t)batch;
  return 0;
}

// An experiment's mix is in whole percent.
static int check_mix(const struct request *request) {
  const double percent = 100 * request->load.reads;
  if (!request->experiment || fabs(percent - round(percent)) < 1e-9) return 0;
  return usage_error("advise: --experiment cannot mix %.6g%% reads; give --reads as a whole percentage", percent);
}

static error_t parse(int key, char *text, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_VALUE_SIZE:
      return set_value_size(request, text);
    case KEY_READS:
      return set_reads(request, text);
    case KEY_DATA:
      return set_size(request, text);
    case KEY_DURABILITY:
      return set_durability(request, text);
    case KEY_BATCH:
      return set_batch(request, text);
    case KEY_WRITE:
      request->experiment = text;
      return *text ? 0 : usage_error("advise: --experiment is empty; name a file to write");
    case KEY_JSON:
      request->json = true;
      return 0;
    case ARGP_KEY_ARG:
      if (request->run) return usage_error("advise takes one RUN, not also \"%s\"", text);
      request->run = text;
      return 0;
    case ARGP_KEY_END:
      if (!request->run) request->run = "results/latest";
      return check_mix(request);
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"value-size", KEY_VALUE_SIZE, "SIZE", 0, "Bytes of a value (default: 64)", 0},
    {"reads", KEY_READS, "PERCENT", 0, "Share of reads; the rest are updates (default: 95)", 0},
    {"data", KEY_DATA, "SIZE", 0, "Size of all records: 40G, or beside memory, 2x-memory (default: 0.5x-memory)", 0},
    {"durability", KEY_DURABILITY, "POLICY", 0,
     "Of updates: none, async, every=N, interval=TIME or always (default: always)", 0},
    {"batch", KEY_BATCH, "N", 0, "Operations handed in at a time (default: 1)", 0},
    {"experiment", KEY_WRITE, "FILE", 0, "Write an experiment that measures this very load", 0},
    {"json", KEY_JSON, NULL, 0, "Print the advice as JSON", 0},
    {0}};

const struct argp advise_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[RUN]",
    .doc =
        "Says which engine of a run (default: results/latest) a planned load should use, how fast it should be, and "
        "what of that was concluded rather than measured. Exits 1 where the run has no data for it, and says what to "
        "measure "
        "first.\v"
        "Examples:\n\n  storebench advise --value-size 256 --reads 95 --data 2x-memory\n  storebench advise --reads 50 "
        "--durability every=100\n"
        "  storebench advise results/latest --reads 50 --experiment mine.ini",
};

static int set_data(const json_t *run, struct request *request, struct error *error) {
  double memory = json_number_value(json_object_get(json_object_get(run, "environment"), "memory_bytes"));
  if (!request->data_bytes) return 0;
  if (!(memory > 0))
    return error_set(error, -EINVAL,
                     "advise: the run does not tell its memory; give --data as a multiple, such as 2x-memory");
  request->load.data = (double)request->data_bytes / memory;
  return 0;
}

static void put_percentile(const json_t *cell, const char *what) {
  const json_t *p99 = json_object_get(json_object_get(cell, "summary"), "p99");
  char text[64];
  if (!p99) return;
  double median = json_real_or_nan(p99, "median"), low = json_real_or_nan(p99, "low"),
         high = json_real_or_nan(p99, "high");
  if (low < high)
    value_format_interval(median, low, high, "ns", text, sizeof text);
  else
    value_format(median, "ns", text, sizeof text);
  printf("      p99 of %s: %s, by %s\n", what, text, json_text(cell, "id"));
}

// As wide as the longest spec that is shown, since rates stand below each other.
static int spec_width(const struct advice *advice) {
  int width = 28;
  for (size_t i = 0; i < advice->count && i < SHOWN_MAX; i++) {
    const int own = (int)strlen(advice->choices[i].spec);
    width = own > width ? own : width;
  }
  return width;
}

static void print_advice(const struct request *request, const struct advice *advice) {
  char policy[32], size[32];
  sync_policy_format(&request->load.sync, policy, sizeof policy);
  format_size(request->load.value_size, size, sizeof size);
  printf("Values of %s, %.4g%% reads, data %.3gx the memory, batches of %u", size, 100 * request->load.reads,
         request->load.data, request->load.batch);
  if (request->load.reads < 1) printf(", updates under %s", policy);
  puts(":\n");
  for (size_t i = 0; i < advice->count && i < SHOWN_MAX; i++) {
    const struct advise_choice *choice = &advice->choices[i];
    char rate[64];
    value_format_interval(choice->rate, choice->low, choice->high, "ops/s", rate, sizeof rate);
    bool cold = choice->read && strcmp(json_text(choice->read, "cache"), "cold") == 0;
    printf("%2zu%s %-*s %s%s\n", i + 1, i < advice->alike && advice->alike > 1 ? " ~" : "  ", spec_width(advice),
           choice->spec, rate, cold ? ", by reads from a cold cache" : "");
    if (choice->read) put_percentile(choice->read, "reads");
    if (choice->update) put_percentile(choice->update, "updates");
  }
  if (advice->alike > 1)
    printf("\n~ no difference shown between the first %zu: their intervals meet.\n", advice->alike);
  if (advice->note_count) puts("\nConcluded, not measured:");
  for (size_t i = 0; i < advice->note_count; i++) printf("- %s\n", advice->notes[i]);
  if (advice->note_count)
    puts("\nMeasure next: storebench advise with --experiment FILE writes the experiment that does.");
}

static json_t *cell_id(const json_t *cell) { return cell ? json_string(json_text(cell, "id")) : json_null(); }

static json_t *choice_to_json(const struct advise_choice *choice, bool alike) {
  return json_pack("{s:s, s:f, s:f, s:f, s:b, s:o, s:o}", "spec", choice->spec, "ops_per_s", choice->rate, "low",
                   choice->low, "high", choice->high, "alike", (int)alike, "reads_from", cell_id(choice->read),
                   "updates_from", cell_id(choice->update));
}

static int print_json(const struct advice *advice, struct error *error) {
  json_t *choices = json_array(), *notes = json_array();
  int code = 0;
  for (size_t i = 0; i < advice->count && !code; i++)
    code = json_array_append_new(choices, choice_to_json(&advice->choices[i], i < advice->alike));
  for (size_t i = 0; i < advice->note_count && !code; i++)
    code = json_array_append_new(notes, json_string(advice->notes[i]));
  json_t *whole = json_pack("{s:o, s:o}", "choices", choices, "concluded", notes);
  if (code || !whole)
    code = error_set(error, -ENOMEM, "memory is short");
  else if (json_dumpf(whole, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) || putchar('\n') == EOF)
    code = error_set(error, -EIO, "advise: the advice cannot be written to standard output");
  json_decref(whole);
  return code;
}

enum { DATA_MOST = 256 << 20 };  // bytes that an experiment loads

struct experiment_file {
  const struct request *request;
  const struct advice *advice;
};

// An alias for each spec, since ':' may not stand in a list's short names.
static int write_experiment(FILE *out, const void *user) {
  const struct experiment_file *file = user;
  const struct advise_load *load = &file->request->load;
  const uint64_t asked = file->request->data_bytes;
  size_t count = file->advice->count < SHOWN_MAX ? file->advice->count : SHOWN_MAX;
  unsigned reads = (unsigned)lround(100 * load->reads);
  char policy[32];
  sync_policy_format(&load->sync, policy, sizeof policy);
  fprintf(
      out,
      "[experiment]\ntitle    = The planned load\nquestion = Which way serves the planned load best?\n\n[engines]\n");
  for (size_t i = 0; i < count; i++) fprintf(out, "choice-%zu = %s\n", i + 1, file->advice->choices[i].spec);
  if (reads == 0 || reads == 100)
    fprintf(out, "\n[hold]\noperation   = %s\n", reads ? "get" : "update");
  else
    fprintf(out, "\n[hold]\noperation   = mixed\nmix         = get:%u/update:%u\n", reads, 100 - reads);
  fprintf(out, "keys        = uniform\nrecord_size = %u\nvalue_size  = %u\n", advise_record_size(load->value_size),
          load->value_size);
  if (reads < 100) fprintf(out, "sync        = %s\n", policy);
  if (load->data > 1)
    fprintf(out, "cache       = pressure\npressure    = %.6g\ndata        = %d\n", load->data, DATA_MOST);
  else
    fprintf(out, "cache       = warm\ndata        = %" PRIu64 "\n", asked && asked < DATA_MOST ? asked : DATA_MOST);
  fprintf(out, "\n[sweep]\nbatch  = %u\nengine = ", load->batch);
  for (size_t i = 0; i < count; i++) fprintf(out, "%schoice-%zu", i ? ", " : "", i + 1);
  fputs("\n\n[chart]\nshape  = bars\nx      = batch\nseries = engine\ny      = ops_per_s\n", out);
  return 0;
}

static int save_experiment(const struct request *request, const struct advice *advice, struct error *error) {
  const struct experiment_file file = {request, advice};
  const char *slash = strrchr(request->experiment, '/');
  char *folder = slash ? strndup(request->experiment, (size_t)(slash - request->experiment) + 1) : strdup(".");
  if (!folder) return error_set(error, -ENOMEM, "memory is short");
  int code = results_file_write(folder, slash ? slash + 1 : request->experiment, write_experiment, &file, error);
  free(folder);
  return code;
}

static int give(const json_t *run, const struct request *request, struct error *error) {
  struct advice *advice = malloc(sizeof *advice);
  if (!advice) return error_set(error, -ENOMEM, "memory is short");
  int code = advise(run, &request->load, advice, error);
  if (!code && request->json)
    code = print_json(advice, error);
  else if (!code)
    print_advice(request, advice);
  if (!code && request->experiment) code = save_experiment(request, advice, error);
  free(advice);
  return code;
}

int command_advise(int argc, char **argv) {
  struct request request = {
      .load = {.value_size = 64, .reads = 0.95, .data = 0.5, .sync = {.kind = SYNC_ALWAYS}, .batch = 1}};
  json_t *run = NULL;
  struct error error = {0};
  int status;
  if (!command_parse(&advise_argp, argc, argv, &request, &status)) return status;
  int code = results_load(request.run, &run, &error);
  // A run that was stopped, or kept without its run.json, has samples that nobody has summed up yet.
  if (!code) code = results_summarise(run, &error);
  if (!code) code = set_data(run, &request, &error);
  if (!code) code = give(run, &request, &error);
  if (code) command_complain(NULL, error.text);
  json_decref(run);
  return code ? EXIT_CELL_FAILED : EXIT_DONE;
}
