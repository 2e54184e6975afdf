// SPDX-License-Identifier: MIT
// The keys of [hold] and [sweep]: one table that says how each is read and what it is when it is not given.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "workloads/experiment_internal.h"
#include "workloads/ycsb.h"

enum { STORES_MAX = 4096 };
static const double MEMORY_MIN = 4 << 20;  // one fault or read may want megabytes of read-ahead

typedef int (*read_fn)(const struct reader *reader);

int reader_bad(const struct reader *reader, const char *key, const char *want) {
  return experiment_error(reader->experiment, reader->setting->line, reader->error, "bad %s \"%s\"; %s", key,
                          reader->setting->text, want);
}

static int read_engine(const struct reader *reader) {
  const struct experiment *experiment = reader->experiment;
  struct cell_settings *settings = reader->settings;
  const char *text = reader->setting->text, *spec = text;
  if (strpbrk(text, " \t") || strlen(text) >= EXPERIMENT_WORD_MAX)
    return reader_bad(reader, "engine", "write an alias of [engines], or NAME:OPTION=VALUE");
  for (size_t i = 0; i < experiment->alias_count; i++)
    if (strcmp(experiment->aliases[i].name, text) == 0) spec = experiment->aliases[i].spec;
  snprintf(settings->engine, sizeof settings->engine, "%.*s", EXPERIMENT_WORD_MAX - 1, text);
  snprintf(settings->spec, sizeof settings->spec, "%.*s", EXPERIMENT_WORD_MAX - 1, spec);
  return 0;
}

static int read_operation(const struct reader *reader) {
  const char *names[OPERATIONS];
  for (int i = 0; i < OPERATIONS; i++) names[i] = operation_name((enum operation)i);
  int found = experiment_word(reader->experiment, reader->setting->line, "operation", reader->setting->text, names,
                              OPERATIONS, reader->error);
  if (found < 0) return found;
  reader->settings->workload.operation = (enum operation)found;
  return 0;
}

static int read_keys(const struct reader *reader) {
  const char *names[KEYS_LATEST + 1];
  for (int i = 0; i <= KEYS_LATEST; i++) names[i] = key_order_name((enum key_order)i);
  int found = experiment_word(reader->experiment, reader->setting->line, "order of keys", reader->setting->text, names,
                              KEYS_LATEST + 1, reader->error);
  if (found < 0) return found;
  reader->settings->workload.keys = (enum key_order)found;
  return 0;
}

static int read_theta(const struct reader *reader) {
  char *end;
  double theta = strtod(reader->setting->text, &end);
  if (*end || !(theta > 0 && theta < 1)) return reader_bad(reader, "theta", "a number above 0 and below 1");
  reader->settings->workload.theta = theta;
  return 0;
}

static int read_share(const struct reader *reader, const char *share, unsigned *sum) {
  struct workload *workload = &reader->settings->workload;
  static const char *const names[] = {"get", "update", "insert", "delete", "scan", "rmw"};
  unsigned *const shares[] = {&workload->mix.get,    &workload->mix.update, &workload->mix.insert,
                              &workload->mix.remove, &workload->mix.scan,   &workload->mix.read_modify_write};
  char name[16];
  size_t length = strcspn(share, ":");
  uint64_t percent;
  if (share[length] != ':' || length >= sizeof name || parse_count(share + length + 1, &percent) || percent == 0 ||
      percent > 100)
    return reader_bad(reader, "mix", "write shares in percent, such as get:95/update:5");
  snprintf(name, sizeof name, "%.*s", (int)length, share);
  int found =
      experiment_word(reader->experiment, reader->setting->line, "operation in a mix", name, names, 6, reader->error);
  if (found < 0) return found;
  if (*shares[found]) return reader_bad(reader, "mix", "name each operation once");
  *shares[found] = (unsigned)percent;
  *sum += (unsigned)percent;
  return 0;
}

static int read_mix(const struct reader *reader) {
  char text[TEXT_MAX], *rest = text, *share;
  unsigned sum = 0;
  if (ycsb_named(reader->setting->text)) {
    int code = ycsb_set(reader->setting->text, &reader->settings->workload);
    return code ? reader_bad(reader, "mix", "YCSB has ycsb-a to ycsb-f") : 0;
  }
  snprintf(text, sizeof text, "%s", reader->setting->text);
  while ((share = strsep(&rest, "/"))) {
    int code = read_share(reader, share, &sum);
    if (code) return code;
  }
  return sum == 100 ? 0 : reader_bad(reader, "mix", "the shares must add up to 100");
}

static int read_sync(const struct reader *reader) {
  struct error why;
  int code = sync_policy_parse(reader->setting->text, &reader->settings->sync, &why);
  return code ? experiment_error(reader->experiment, reader->setting->line, reader->error, "%s", why.text) : 0;
}

static int read_cache(const struct reader *reader) {
  static const char *const names[CACHE_STATES] = {
      [CACHE_ASIS] = "as-is",    [CACHE_COLD] = "cold",         [CACHE_WARM] = "warm",
      [CACHE_MAPPED] = "mapped", [CACHE_PRESSURE] = "pressure", [CACHE_FILLING] = "filling"};
  int found = experiment_word(reader->experiment, reader->setting->line, "cache state", reader->setting->text, names,
                              CACHE_STATES, reader->error);
  if (found < 0) return found;
  reader->settings->cache = (enum cache_state)found;
  return 0;
}

static bool record_size_valid(uint64_t size) {
  if (size < RECORD_SIZE_MIN || size > RECORD_SIZE_MAX) return false;
  return size <= 4096 ? (size & (size - 1)) == 0 : size % 4096 == 0;
}

static int read_record_size(const struct reader *reader) {
  uint64_t size;
  if (parse_size(reader->setting->text, &size) || !record_size_valid(size))
    return reader_bad(reader, "record_size", "a power of two from 64 to 4096, or a multiple of 4096 up to 1M");
  reader->settings->record_size = (uint32_t)size;
  return 0;
}

// Below 16 bytes a value cannot be told from another record's.
static int read_value_size(const struct reader *reader) {
  uint64_t size, room = reader->settings->record_size - RECORD_OVERHEAD;
  char want[96];
  if (parse_size(reader->setting->text, &size) == 0 && size >= 16 && size <= room) {
    reader->settings->workload.value_size = (uint32_t)size;
    return 0;
  }
  snprintf(want, sizeof want, "a record of %u bytes holds values of 16 to %llu bytes", reader->settings->record_size,
           (unsigned long long)room);
  return reader_bad(reader, "value_size", want);
}

static int read_fill_write(const struct reader *reader) {
  uint64_t size;
  if (parse_size(reader->setting->text, &size) || size < 4096 || size > 1u << 20)
    return reader_bad(reader, "fill_write", "bytes from 4K to 1M");
  reader->settings->fill_write = (uint32_t)size;
  return 0;
}

// "128M", or "2x WORD" with any factor above 0: so many times `whole`.
static int parse_share(const char *text, const char *word, uint64_t whole, uint64_t *bytes) {
  char *end;
  double factor = strtod(text, &end);
  if (end == text || *end != 'x') return parse_size(text, bytes);
  end += 1 + strspn(end + 1, " ");
  double product = factor * (double)whole;
  if (strcmp(end, word) != 0 || !(factor > 0) || !(product < ldexp(1, 63))) return -EINVAL;
  *bytes = (uint64_t)product;
  return 0;
}

static int read_data(const struct reader *reader) {
  uint64_t bytes;
  if (parse_share(reader->setting->text, "memory", reader->experiment->machine.memory, &bytes) ||
      bytes < reader->settings->record_size)
    return reader_bad(reader, "data", "a size of at least one record such as 128M, or \"2x memory\"");
  reader->settings->workload.records = bytes / reader->settings->record_size;
  return 0;
}

static int read_records(const struct reader *reader) {
  uint64_t records;
  if (parse_count(reader->setting->text, &records) || records == 0)
    return reader_bad(reader, "records", "a count of at least 1 such as 4M");
  reader->settings->workload.records = records;
  return 0;
}

static uint64_t data_of(const struct cell_settings *settings) {
  return settings->workload.records * settings->record_size;
}

static int read_memory(const struct reader *reader) {
  uint64_t bytes;
  if (parse_share(reader->setting->text, "data", data_of(reader->settings), &bytes) || bytes < MEMORY_MIN)
    return reader_bad(reader, "memory", "a size of at least 4M such as 128M, or \"0.5x data\"");
  reader->settings->memory_bytes = bytes;
  return 0;
}

static int read_pressure(const struct reader *reader) {
  char *end;
  double pressure = strtod(reader->setting->text, &end), bytes = (double)data_of(reader->settings) / pressure;
  if (end == reader->setting->text || *end || !(pressure > 0) || !(bytes >= MEMORY_MIN && bytes < ldexp(1, 63)))
    return reader_bad(reader, "pressure", "data over memory, such as 1.5, that leaves at least 4M of memory");
  reader->settings->memory_bytes = (uint64_t)bytes;
  return 0;
}

static int read_count(const struct reader *reader, const char *key, uint32_t *count) {
  uint64_t number;
  if (parse_count(reader->setting->text, &number) || number == 0 || number > EXPERIMENT_COUNT_MAX)
    return reader_bad(reader, key, "a count from 1 to 65536");
  *count = (uint32_t)number;
  return 0;
}

static int read_batch(const struct reader *reader) {
  struct workload *workload = &reader->settings->workload;
  int code = read_count(reader, "batch", &workload->batch);
  workload->depth = workload->batch;  // unless it is given too: it is read after this one
  return code;
}

static int read_depth(const struct reader *reader) {
  return read_count(reader, "depth", &reader->settings->workload.depth);
}

static int read_threads(const struct reader *reader) {
  if (experiment_cores_word(reader->experiment, reader->setting->text, &reader->settings->threads)) return 0;
  return read_count(reader, "threads", &reader->settings->threads);
}

static int read_processes(const struct reader *reader) {
  if (experiment_cores_word(reader->experiment, reader->setting->text, &reader->settings->processes)) return 0;
  return read_count(reader, "processes", &reader->settings->processes);
}

static int read_stores(const struct reader *reader) {
  uint64_t number;
  if (parse_count(reader->setting->text, &number) || number == 0 || number > STORES_MAX)
    return reader_bad(reader, "stores", "a count from 1 to 4096");
  reader->settings->stores = (unsigned)number;
  return 0;
}

static int bad_rate(const struct reader *reader) {
  return reader_bad(reader, "rate", "operations a second such as 20k, or a share such as 60% of peak");
}

// "60% of peak"; "60%" says the same without blanks, for [verdict].
static int read_share_of_peak(const struct reader *reader, double percent, const char *rest) {
  static const char *const peak[] = {"peak"};
  char of[8], word[16], more;
  int words = sscanf(rest, "%7s %15s %c", of, word, &more);
  if (!(percent > 0 && percent <= 1000))
    return reader_bad(reader, "rate", "a share of the peak is above 0% and up to 1000%");
  reader->settings->rate.of_peak = percent / 100;
  if (words < 1) return 0;
  if (words != 2 || strcmp(of, "of") != 0) return bad_rate(reader);
  int found =
      experiment_word(reader->experiment, reader->setting->line, "measure of a rate", word, peak, 1, reader->error);
  return found < 0 ? found : 0;
}

bool reader_per_second(const char *text, double *per_s) {
  char *end;
  double number = strtod(text, &end);
  if (end == text || !isfinite(number)) return false;
  double unit = *end == 'k' || *end == 'K' ? 1e3 : *end == 'M' ? 1e6 : 1;
  if (unit > 1) end++;
  if (*end || !(number * unit >= 1 && number * unit <= 1e9)) return false;
  *per_s = number * unit;
  return true;
}

static int read_rate(const struct reader *reader) {
  const char *text = reader->setting->text;
  char *end;
  double number = strtod(text, &end);
  if (end == text || !isfinite(number)) return bad_rate(reader);
  if (*end == '%') return read_share_of_peak(reader, number, end + 1);
  return reader_per_second(text, &reader->settings->rate.per_s) ? 0 : bad_rate(reader);
}

static int read_arrivals(const struct reader *reader) {
  const char *names[ARRIVAL_KINDS];
  for (int i = 0; i < ARRIVAL_KINDS; i++) names[i] = arrival_kind_name((enum arrival_kind)i);
  int found = experiment_word(reader->experiment, reader->setting->line, "kind of arrivals", reader->setting->text,
                              names, ARRIVAL_KINDS, reader->error);
  if (found < 0) return found;
  reader->settings->rate.arrivals = (enum arrival_kind)found;
  return 0;
}

const char *const key_names[KEY_COUNT] = {
    [KEY_ENGINE] = "engine",
    [KEY_OPTIONS] = "options",
    [KEY_OPERATION] = "operation",
    [KEY_KEYS] = "keys",
    [KEY_THETA] = "theta",
    [KEY_MIX] = "mix",
    [KEY_SYNC] = "sync",
    [KEY_CACHE] = "cache",
    [KEY_RECORD_SIZE] = "record_size",
    [KEY_VALUE_SIZE] = "value_size",
    [KEY_FILL_WRITE] = "fill_write",
    [KEY_DATA] = "data",
    [KEY_RECORDS] = "records",
    [KEY_MEMORY] = "memory",
    [KEY_PRESSURE] = "pressure",
    [KEY_BATCH] = "batch",
    [KEY_DEPTH] = "depth",
    [KEY_THREADS] = "threads",
    [KEY_PROCESSES] = "processes",
    [KEY_STORES] = "stores",
    [KEY_DURATION] = "duration",
    [KEY_OPERATIONS] = "operations",
    [KEY_BEFORE] = "before",
    [KEY_BACKGROUND] = "background",
    [KEY_BACKGROUND_RATE] = "background_rate",
    [KEY_RATE] = "rate",
    [KEY_ARRIVALS] = "arrivals",
};

static const read_fn readers[KEY_COUNT] = {
    [KEY_ENGINE] = read_engine,
    [KEY_OPTIONS] = experiment_read_options,
    [KEY_OPERATION] = read_operation,
    [KEY_KEYS] = read_keys,
    [KEY_THETA] = read_theta,
    [KEY_MIX] = read_mix,
    [KEY_SYNC] = read_sync,
    [KEY_CACHE] = read_cache,
    [KEY_RECORD_SIZE] = read_record_size,
    [KEY_VALUE_SIZE] = read_value_size,
    [KEY_FILL_WRITE] = read_fill_write,
    [KEY_DATA] = read_data,
    [KEY_RECORDS] = read_records,
    [KEY_MEMORY] = read_memory,
    [KEY_PRESSURE] = read_pressure,
    [KEY_BATCH] = read_batch,
    [KEY_DEPTH] = read_depth,
    [KEY_THREADS] = read_threads,
    [KEY_PROCESSES] = read_processes,
    [KEY_STORES] = read_stores,
    [KEY_DURATION] = experiment_read_duration,
    [KEY_OPERATIONS] = experiment_read_operations,
    [KEY_BEFORE] = experiment_read_before,
    [KEY_BACKGROUND] = experiment_read_background,
    [KEY_BACKGROUND_RATE] = experiment_read_background_rate,
    [KEY_RATE] = read_rate,
    [KEY_ARRIVALS] = read_arrivals,
};

// What a key is when it is not given. 64-byte values at the default record size are the lecture's; else a value fills
// its record.
static void set_default(struct cell_settings *settings, enum key key) {
  struct workload *workload = &settings->workload;
  switch (key) {
    case KEY_KEYS:
      workload->keys = workload->operation == OPERATION_FILL ? KEYS_SEQUENTIAL : KEYS_UNIFORM;
      break;
    case KEY_THETA:
      workload->theta = 0.99;
      break;
    case KEY_RECORD_SIZE:
      settings->record_size = RECORD_SIZE_DEFAULT;
      break;
    case KEY_VALUE_SIZE:
      workload->value_size =
          settings->record_size == RECORD_SIZE_DEFAULT ? 64 : settings->record_size - RECORD_OVERHEAD;
      break;
    case KEY_BATCH:
      workload->batch = workload->depth = 1;
      break;
    case KEY_THREADS:
      settings->threads = 1;
      break;
    case KEY_PROCESSES:
      settings->processes = 1;
      break;
    default:  // zero: sync none, cache as it is, Poisson arrivals; or required, or the same as another key
      break;
  }
}

int experiment_apply(const struct experiment *experiment, const struct point *point, struct cell_settings *settings,
                     struct error *error) {
  *settings = (struct cell_settings){0};
  for (int key = 0; key < KEY_COUNT; key++) {
    const struct reader reader = {experiment, point->texts[key], settings, error};
    set_default(settings, (enum key)key);
    int code = reader.setting ? readers[key](&reader) : 0;
    if (code) return code;
  }
  settings->data_bytes = data_of(settings);
  settings->filled = settings->workload.records;
  settings->workload.records = phases_left(&settings->before, settings->filled);
  settings->workload.threads = settings->threads;
  return 0;
}
