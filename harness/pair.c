// SPDX-License-Identifier: MIT
// A pair of children: their start, their turns, their end.
#include "harness/pair.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/process.h"
#include "harness/slices.h"

// A child that is slower by this much hangs. Data that is read in and checked takes its time too.
static const double grace_seconds = 30, grace_bytes_per_s = 20e6;
enum { LINE_MAX_BYTES = 1 << 16 };

struct end {  // our end of one child
  const struct pair_side *side;
  char name;  // A or B
  struct process process;
  bool running, broken;  // broken: it is to be killed
  char line[LINE_MAX_BYTES];
  size_t length;  // bytes read that are not taken yet, at the start of `line`
  size_t taken;   // length of the line handed out last, its newline included
  enum sample_outcome outcome;
  uint64_t verified;
};

struct match {
  const struct pair *pair;
  struct interrupt *interrupt;
  struct end *ends;  // two
};

static double patience(const struct end *end) {
  return grace_seconds + end->side->order.warmup + (double)end->side->order.settings.data_bytes / grace_bytes_per_s;
}

static int give_up(struct end *end, struct error *error, const char *what) {
  end->broken = true;
  end->outcome = OUTCOME_FAILED;
  return error_set(error, -EPROTO, "%c: %s", end->name, what);
}

// It closed its output, so it is ending or has ended.
static int died(struct end *end, struct error *error) {
  char why[PAIR_REASON_MAX / 2];
  while (end->process.complaints >= 0) process_read_complaints(&end->process);
  int status = process_finish(&end->process, false);
  end->running = false;
  process_explain(&end->process, status, "left without a word", why, sizeof why);
  return give_up(end, error, why);
}

// Waits for something to read. 0, -EINTR after a signal, or another error that is told.
static int await(struct match *match, struct end *end, uint64_t deadline, struct error *error) {
  struct pollfd fds[] = {
      {end->process.output, POLLIN, 0}, {end->process.complaints, POLLIN, 0}, {match->interrupt->fd, POLLIN, 0}};
  uint64_t now = clock_ns();
  int ready = poll(fds, 3, now < deadline ? (int)((deadline - now) / 1000000) + 1 : 0);
  if (interrupt_seen(match->interrupt)) return -EINTR;
  if (ready < 0 && errno == EINTR) return 0;
  if (ready <= 0) return give_up(end, error, "timed out");
  if (fds[1].revents) process_read_complaints(&end->process);
  if (!fds[0].revents) return 0;
  ssize_t n = read(end->process.output, end->line + end->length, sizeof end->line - 1 - end->length);
  if (n < 0) return errno == EINTR ? 0 : give_up(end, error, strerror(errno));
  if (n == 0)
    return end->length == sizeof end->line - 1 ? give_up(end, error, "its line has no end") : died(end, error);
  end->length += (size_t)n;
  return 0;
}

// The next line without its newline, valid until the next call; NULL with the error told.
static char *next_line(struct match *match, struct end *end, double seconds, struct error *error) {
  uint64_t deadline = clock_ns() + (uint64_t)(seconds * 1e9);
  memmove(end->line, end->line + end->taken, end->length - end->taken);
  end->length -= end->taken;
  end->taken = 0;
  for (;;) {
    char *newline = memchr(end->line, '\n', end->length);
    if (newline) {
      *newline = '\0';
      end->taken = (size_t)(newline - end->line) + 1;
      return end->line;
    }
    if (await(match, end, deadline, error)) return NULL;
  }
}

static int unexpected(struct end *end, const char *line, const char *due, struct error *error) {
  char what[256];
  snprintf(what, sizeof what, "answered \"%.60s\" where `%s` was due", line, due);
  return give_up(end, error, what);
}

// Its last word: 0 if all is well.
static int take_sample(struct end *end, const char *text, struct error *error) {
  json_t *json = json_loads(text, 0, NULL);
  const char *status = json_string_value(json_object_get(json, "status"));
  const char *reason = json_string_value(json_object_get(json, "reason"));
  int code = 0;
  if (!status) {
    code = unexpected(end, text, "a sample", error);
  } else if (strcmp(status, sample_outcome_name(OUTCOME_OK)) != 0) {
    bool skipped = strcmp(status, sample_outcome_name(OUTCOME_SKIPPED)) == 0;
    end->outcome = skipped ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    code = error_set(error, -ECANCELED, "%c: %s", end->name, reason ? reason : "no reason given");
  }
  end->verified = (uint64_t)json_integer_value(json_object_get(json, "verified"));
  json_decref(json);
  return code;
}

// What follows the word that is due. NULL, with the error told, for anything else.
static char *expect(struct match *match, struct end *end, const char *word, double seconds, struct error *error) {
  char *line = next_line(match, end, seconds, error);
  size_t length = strlen(word);
  if (!line) return NULL;
  if (strncmp(line, word, length) == 0 && line[length] == ' ') return line + length + 1;
  if (strncmp(line, "sample ", 7) != 0)
    (void)unexpected(end, line, word, error);
  else if (take_sample(end, line + 7, error) == 0)
    (void)give_up(end, error, "ended before it was told to");
  return NULL;
}

static int tell(struct end *end, const char *line, struct error *error) {
  return process_write(&end->process, line, strlen(line)) ? give_up(end, error, "does not listen") : 0;
}

static int greet(struct match *match, struct end *end, struct error *error) {
  char what[256];
  char *rest = expect(match, end, SLICES_GREETING, grace_seconds, error);
  if (!rest) return -EPROTO;
  long protocol = strtol(rest, NULL, 10);
  if (protocol == SLICES_PROTOCOL) return 0;
  snprintf(what, sizeof what, "speaks version %ld of the protocol of slices, this program version %d; build both anew",
           protocol, SLICES_PROTOCOL);
  return give_up(end, error, what);
}

// The first field of `sent` that is not in `seen`, or is another there; NULL if there is none.
static const char *lost_field(const json_t *sent, const json_t *seen) {
  const char *key, *inner;
  json_t *value;
  json_object_foreach((json_t *)sent, key, value) {
    const json_t *other = json_object_get(seen, key);
    if (json_is_object(value) && json_is_object(other)) {
      inner = lost_field(value, other);
      if (inner) return inner;
    } else if (!json_equal(value, other)) {
      return key;
    }
  }
  return NULL;
}

// A build that does not know a field of the order would silently measure something else.
static int check_understood(struct end *end, const json_t *sent, const char *text, struct error *error) {
  json_t *seen = json_loads(text, 0, NULL);
  const char *lost = seen ? lost_field(sent, seen) : "order";
  char what[256];
  snprintf(what, sizeof what, "does not understand the field `%s` of its order; it is another version: build it anew",
           lost ? lost : "");
  int code = lost ? give_up(end, error, what) : 0;
  json_decref(seen);
  return code;
}

// Whether the side that starts second opens the file that the first one has open.
static bool one_file(const struct pair *pair) {
  const struct sample_order *a = &pair->sides[0].order, *b = &pair->sides[1].order;
  return *a->path && strcmp(a->path, b->path) == 0;
}

static int order(struct match *match, struct end *end, struct error *error) {
  bool joins = one_file(match->pair) && end != &match->ends[match->pair->first];
  json_t *json = sample_order_to_json(&end->side->order);
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  if (!text) {
    json_decref(json);
    return give_up(end, error, "its order cannot be written: memory is short");
  }
  int code = tell(end, joins ? "join " : "lead ", error);
  if (!code) code = tell(end, text, error);
  if (!code) code = tell(end, "\n", error);
  char *answer = code ? NULL : expect(match, end, "ready", patience(end), error);
  code = answer ? check_understood(end, json, answer, error) : -EPROTO;
  free(text);
  json_decref(json);
  return code;
}

static int start(struct match *match, struct end *end, struct error *error) {
  char name[] = "storebench", command[] = "__slices";
  char *const arguments[] = {name, command, NULL};
  int code = process_start(&end->process, end->side->program, arguments, &match->interrupt->before);
  if (code) return error_set(error, code, "%c: could not be started: %s", end->name, strerror(-code));
  end->running = true;
  code = greet(match, end, error);
  return code ? code : order(match, end, error);
}

static int start_both(struct match *match, struct error *error) {
  unsigned first = match->pair->first;
  int code = start(match, &match->ends[first], error);
  return code ? code : start(match, &match->ends[1 - first], error);
}

// Children inherit the CPU. The highest one that we may use: interrupts and housekeeping tend to be on the lowest.
static int pin(cpu_set_t *before, struct error *error) {
  cpu_set_t one;
  if (sched_getaffinity(0, sizeof *before, before)) return error_set(error, -errno, "CPUs cannot be told: %m");
  int cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, before)) cpu--;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  return sched_setaffinity(0, sizeof one, &one) ? error_set(error, -errno, "CPU %d cannot be had: %m", cpu) : 0;
}

static int start_pinned(struct match *match, struct error *error) {
  cpu_set_t before;
  if (!match->pair->pinned) return start_both(match, error);
  int code = pin(&before, error);
  if (!code) code = start_both(match, error);
  if (sched_setaffinity(0, sizeof before, &before) && !code) code = error_set(error, -errno, "CPUs cannot be had: %m");
  return code;
}

static int run_slice(void *user, unsigned side, uint64_t ns, struct slice *slice, struct error *error) {
  struct match *match = user;
  struct end *end = &match->ends[side];
  char line[64], last;
  snprintf(line, sizeof line, "run %" PRIu64 "\n", ns);
  int code = tell(end, line, error);
  char *answer = code ? NULL : expect(match, end, "ran", grace_seconds + (double)ns / 1e9, error);
  if (!answer) return -EPROTO;
  if (sscanf(answer, "%" SCNu64 " %" SCNu64 "%c", &slice->operations, &slice->ns, &last) == 2) return 0;
  return unexpected(end, answer, "OPERATIONS NS", error);
}

static int end_one(struct match *match, struct end *end, struct error *error) {
  int code = tell(end, "end\n", error);
  char *answer = code ? NULL : expect(match, end, "sample", patience(end), error);
  return answer ? take_sample(end, answer, error) : -EPROTO;
}

static int run(struct match *match, struct pair_result *result, struct error *error) {
  struct turns turns = {.first = match->pair->first,
                        .ns = match->pair->slice_ns,
                        .warm_up = PAIR_WARM_UP_BLOCKS,
                        .blocks = match->pair->blocks,
                        .user = match,
                        .run = run_slice};
  struct turns_result turned = {0};
  int code = start_pinned(match, error);
  if (!code) code = turns_run(&turns, result->logs, &turned, error);
  for (unsigned side = 0; side < 2 && !code; side++) code = end_one(match, &match->ends[side], error);
  for (unsigned side = 0; side < 2 && !code; side++) {
    result->rates[side] = (double)turned.total[side].operations / ((double)turned.total[side].ns / 1e9);
    result->verified[side] = match->ends[side].verified;
  }
  result->log_ratio = turned.log_ratio;
  return code;
}

// A child that said its last word, or hears that nobody is there any more, ends by itself and cleans up behind itself.
static void part(struct match *match, bool kill_them) {
  for (unsigned side = 0; side < 2; side++) {
    struct end *end = &match->ends[side];
    if (end->running) (void)process_finish(&end->process, kill_them || end->broken);
  }
}

bool pair_run(const struct pair *pair, struct interrupt *interrupt, struct pair_result *result) {
  struct match match = {.pair = pair, .interrupt = interrupt, .ends = calloc(2, sizeof *match.ends)};
  struct error error = {0};
  *result = (struct pair_result){0};
  if (!match.ends) {
    result->outcome = OUTCOME_FAILED;
    snprintf(result->reason, sizeof result->reason, "memory is short");
    return true;
  }
  for (unsigned side = 0; side < 2; side++)
    match.ends[side] = (struct end){.side = &pair->sides[side], .name = "AB"[side]};
  int code = run(&match, result, &error);
  // Ctrl-C on a terminal reaches the children too, maybe first.
  bool interrupted = interrupt_seen(interrupt);
  part(&match, interrupted || code);
  if (code) {
    bool skipped = match.ends[0].outcome == OUTCOME_SKIPPED || match.ends[1].outcome == OUTCOME_SKIPPED;
    result->outcome = skipped ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    snprintf(result->reason, sizeof result->reason, "%s", error.text);
  }
  free(match.ends);
  return !interrupted;
}
