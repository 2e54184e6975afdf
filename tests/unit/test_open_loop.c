// SPDX-License-Identifier: MIT
// Open loops by a clock that only the test moves: what is charged to whom when the store stalls, what never gets
// started, how much is in flight, and when the pacer is late; and the statistics of arrivals.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/client.h"

enum { VALUE = 64, QUEUE = 256, KEPT = 100000 };

#define MS 1000000ull
#define SECOND 1000000000ull

// A store whose operations take made-up time. Without a queue they take it inside submit, one after the other; with
// one, all at once, each `service` after it was handed in.
struct store {
  uint64_t now, service, polled;
  uint64_t stall_at, stall;  // the operation of that number, counted from 1, takes so much longer
  uint64_t fail_at, oversleep;
  uint64_t submitted, submits, deepest, waits;
};

struct session {
  struct store *store;
  struct op *ops[QUEUE];
  uint64_t finished[QUEUE];  // when it is
  size_t count;
};

static int open_session(struct store *store, struct session **session, struct error *error) {
  (void)error;
  *session = calloc(1, sizeof **session);
  assert_non_null(*session);
  (*session)->store = store;
  return 0;
}

static int close_session(struct session *session) {
  assert_int_equal(session->count, 0);
  free(session);
  return 0;
}

static uint64_t service_of(struct store *store) {
  return store->service + (++store->submitted == store->stall_at ? store->stall : 0);
}

static void accept(struct session *session, struct op *op, uint64_t finished) {
  struct store *store = session->store;
  assert_in_range(session->count, 0, QUEUE - 1);
  op->status = store->submitted == store->fail_at ? -EIO : 0;
  if (op->kind == OP_GET) memset(op->value, 0, VALUE);  // of the length that was asked for
  session->finished[session->count] = finished;
  session->ops[session->count++] = op;
  if (session->count > store->deepest) store->deepest = session->count;
}

static int submit_in_turn(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  store->submits++;
  for (size_t i = 0; i < count; i++) {
    store->now += service_of(store);
    accept(session, ops[i], store->now);
  }
  return 0;
}

static int submit_to_queue(struct session *session, struct op *const *ops, size_t count) {
  session->store->submits++;
  for (size_t i = 0; i < count; i++) accept(session, ops[i], session->store->now + service_of(session->store));
  return 0;
}

static size_t soonest(const struct session *session) {
  size_t found = 0;
  for (size_t i = 1; i < session->count; i++)
    if (session->finished[i] < session->finished[found]) found = i;
  return found;
}

static int reap(struct session *session, struct op **done, size_t max, size_t min) {
  struct store *store = session->store;
  size_t count = 0;
  store->now += store->polled;  // time goes by for who asks again and again
  while (session->count > 0 && count < max) {
    size_t next = soonest(session);
    if (session->finished[next] > store->now && count >= min) break;
    if (session->finished[next] > store->now) store->now = session->finished[next];
    done[count++] = session->ops[next];
    session->ops[next] = session->ops[--session->count];
    session->finished[next] = session->finished[session->count];
  }
  return (int)count;
}

static const struct engine in_turn = {.name = "in-turn",
                                      .session_open = open_session,
                                      .session_close = close_session,
                                      .submit = submit_in_turn,
                                      .reap = reap};
static const struct engine queueing = {.name = "queueing",
                                       .caps = CAP_QUEUE,
                                       .session_open = open_session,
                                       .session_close = close_session,
                                       .submit = submit_to_queue,
                                       .reap = reap};

static uint64_t fake_now(void *user) { return ((struct store *)user)->now; }

static void fake_wait(void *user, uint64_t deadline) {
  struct store *store = user;
  assert_true(deadline > store->now && deadline < UINT64_MAX);
  store->waits++;
  store->now = deadline + store->oversleep;
}

struct seen {
  uint64_t latencies[KEPT], lates[KEPT];
  uint64_t kinds[OPERATION_KINDS];
  size_t count, late_count;
};

static void on_latency(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations) {
  (void)calls;
  struct seen *seen = user;
  assert_int_equal(operations, 1);
  assert_in_range(seen->count, 0, KEPT - 1);
  seen->kinds[kind]++;
  seen->latencies[seen->count++] = ns;
}

static void on_late(void *user, uint64_t ns) {
  struct seen *seen = user;
  assert_in_range(seen->late_count, 0, KEPT - 1);
  seen->lates[seen->late_count++] = ns;
}

static size_t at_least(const uint64_t *values, size_t count, uint64_t bound) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) found += values[i] >= bound;
  return found;
}

struct bench {
  struct store store;
  struct workload workload;
  struct open_loop loop;
  struct open_loop_counts open;
  struct client_counts counts;
  struct seen seen;
  struct error error;
};

// 1000 operations a second at even distances for ten seconds, each of which takes 0.1 ms.
static struct bench *new_bench(void) {
  struct bench *bench = calloc(1, sizeof *bench);
  assert_non_null(bench);
  bench->store = (struct store){.now = 5 * SECOND, .service = MS / 10};
  bench->workload = (struct workload){.operation = OPERATION_UPDATE,
                                      .keys = KEYS_UNIFORM,
                                      .records = 1000,
                                      .value_size = VALUE,
                                      .batch = 1,
                                      .depth = 1,
                                      .threads = 1,
                                      .seed = 1};
  bench->loop = (struct open_loop){.arrivals = ARRIVALS_CONSTANT,
                                   .rate = 1000,
                                   .start = 5 * SECOND,
                                   .end = 15 * SECOND,
                                   .give_up = 15 * SECOND + 100 * MS,
                                   .late = on_late};
  return bench;
}

static int run(struct bench *bench, const struct engine *engine, unsigned thread) {
  struct client *client;
  const struct pacer pacer = {fake_now, fake_wait, &bench->store};
  struct timing timing = {.record = on_latency, .user = &bench->seen, .calls = 1, .pacer = &pacer};
  bench->loop.user = &bench->seen;
  assert_int_equal(client_open(&bench->workload, thread, engine, &bench->store, &client, &bench->error), 0);
  int code = client_run_open(client, &bench->loop, &timing, &bench->open, &bench->counts, &bench->error);
  assert_int_equal(client_close(client), 0);
  return code;
}

static void test_all_are_started_on_time(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->open.started, 10000);
  assert_int_equal(bench->open.backlog, 0);
  assert_int_equal(bench->open.last_start, 15 * SECOND - MS);
  assert_int_equal(bench->counts.acknowledged, 10000);
  assert_int_equal(bench->seen.count, 10000);
  assert_int_equal(at_least(bench->seen.latencies, 10000, MS / 10 + 1), 0);
  assert_int_equal(bench->store.waits, 9999);  // for all but the first one
  free(bench);
}

// The store stands still for 200 ms once. 200 operations fall due meanwhile and wait for what is left of it; then the
// queue drains by 0.9 ms an operation.
static void test_a_stall_is_charged_to_all_who_waited(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->store.stall_at = 5000;
  bench->store.stall = 200 * MS;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->open.started, 10000);
  assert_int_equal(bench->open.backlog, 0);
  assert_int_equal(at_least(bench->seen.latencies, 10000, 200 * MS), 1);
  // Latencies fall from 200.1 ms in steps of 0.9: those of 100 ms and more, and those that waited at all.
  assert_int_equal(at_least(bench->seen.latencies, 10000, 100 * MS), (200100 - 100000) / 900 + 1);
  assert_int_equal(at_least(bench->seen.latencies, 10000, MS / 10 + 1), (200100 - 100) / 900 + 1);
  free(bench);
}

// The same stall in a closed loop is met by one operation, and nobody else hears of it.
static void test_a_closed_loop_shows_a_stall_once(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  struct client *client;
  const struct pacer pacer = {fake_now, fake_wait, &bench->store};
  struct timing timing = {.record = on_latency, .user = &bench->seen, .calls = 1, .pacer = &pacer};
  bench->store.stall_at = 5000;
  bench->store.stall = 200 * MS;
  assert_int_equal(client_open(&bench->workload, 0, &in_turn, &bench->store, &client, &bench->error), 0);
  assert_int_equal(client_run(client, 10000, 0, &timing, &bench->counts, &bench->error), 0);
  assert_int_equal(client_close(client), 0);
  assert_int_equal(bench->seen.count, 10000);
  assert_int_equal(at_least(bench->seen.latencies, 10000, MS / 10 + 1), 1);
  free(bench);
}

// Twice as slow as asked: half is started in time, and the time to give up is kept.
static void test_what_never_starts_is_counted(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->store.service = 2 * MS;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->open.started, 5050);
  assert_int_equal(bench->open.backlog, 10000 - 5050);
  assert_int_equal(bench->counts.acknowledged, 5050);
  assert_int_equal(bench->seen.count, 5050);
  assert_true(bench->open.last_start < bench->loop.give_up);
  free(bench);
}

// What is asked for before the end and waits then is still done: only the last 100 ms are too late.
static void test_a_short_queue_at_the_end_is_no_backlog(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->store.stall_at = 9990;
  bench->store.stall = 50 * MS;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->open.started, 10000);
  assert_int_equal(bench->open.backlog, 0);
  free(bench);
}

// 5 ms an operation is far too slow one after the other, and no matter with eight in flight.
static void test_a_queue_holds_many_in_flight(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->store.service = 5 * MS - 1000;
  bench->store.polled = 500;
  bench->workload.depth = 8;
  assert_int_equal(run(bench, &queueing, 0), 0);
  assert_int_equal(bench->open.started, 10000);
  assert_int_equal(bench->store.deepest, 5);
  assert_int_equal(at_least(bench->seen.latencies, 10000, 5 * MS), 0);
  free(bench);
  bench = new_bench();
  bench->store.service = 10 * MS;  // ten would be in flight; four are let in
  bench->store.polled = 500;
  bench->workload.depth = 4;
  assert_int_equal(run(bench, &queueing, 0), 0);
  assert_int_equal(bench->store.deepest, 4);
  assert_in_range(bench->open.started, 4030, 4050);  // four each 10 ms, for 10.1 s
  assert_int_equal(bench->open.started + bench->open.backlog, 10000);
  free(bench);
}

// What piled up goes in by batches; what comes one by one does not wait for company.
static void test_batches_are_what_waits(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->workload.batch = bench->workload.depth = 16;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->store.submits, 10000);
  free(bench);
  bench = new_bench();
  bench->workload.batch = bench->workload.depth = 16;
  bench->store.service = 2 * MS;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_in_range(bench->store.submits, bench->open.started / 16, bench->open.started / 16 + 8);
  free(bench);
}

// Only what nothing else held up is the pacer's fault, and it counts in the latency all the same.
static void test_the_pacer_tells_its_own_lateness(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->store.oversleep = 30000;
  bench->store.stall_at = 5000;
  bench->store.stall = 200 * MS;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_in_range(bench->seen.late_count, 9770, 9780);  // not the first one, nor those that waited for the stall
  assert_int_equal(at_least(bench->seen.lates, bench->seen.late_count, 30000), bench->seen.late_count);
  assert_int_equal(at_least(bench->seen.lates, bench->seen.late_count, 30001), 0);
  assert_int_equal(at_least(bench->seen.latencies, 10000, MS / 10 + 30000), 9999);
  free(bench);
}

// A read-modify-write is timed to the end of its write, which waits for no further arrival.
static void test_second_halves_go_on_at_once(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->workload.operation = OPERATION_MIXED;
  bench->workload.mix.read_modify_write = 100;
  bench->workload.batch = bench->workload.depth = 4;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->open.started, 10000);
  assert_int_equal(bench->store.submitted, 20000);
  assert_int_equal(bench->seen.kinds[KIND_READ_MODIFY_WRITE], 10000);
  assert_int_equal(at_least(bench->seen.latencies, 10000, 2 * MS / 10 + 1), 0);
  assert_int_equal(at_least(bench->seen.latencies, 10000, 2 * MS / 10), 10000);
  free(bench);
}

static void test_a_failure_ends_it(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->store.fail_at = 100;
  assert_int_equal(run(bench, &in_turn, 0), -EIO);
  assert_int_equal(bench->counts.acknowledged, 99);
  assert_int_equal(bench->counts.failed, 1);
  free(bench);
}

static void test_scans_are_refused(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->workload.operation = OPERATION_SCAN;
  assert_int_equal(run(bench, &in_turn, 0), -EOPNOTSUPP);
  free(bench);
}

static void test_a_fill_ends_with_its_ids(void **state) {
  (void)state;
  struct bench *bench = new_bench();
  bench->workload.operation = OPERATION_FILL;
  bench->workload.keys = KEYS_SEQUENTIAL;
  assert_int_equal(run(bench, &in_turn, 0), 0);
  assert_int_equal(bench->open.started, 1000);
  assert_int_equal(bench->open.backlog, 0);
  free(bench);
}

// Four constant streams make one of four times the rate, and share nothing.
static void test_constant_streams_take_turns(void **state) {
  (void)state;
  struct arrivals streams[4];
  for (unsigned i = 0; i < 4; i++) arrivals_begin(&streams[i], ARRIVALS_CONSTANT, 1000, i, 4, 7);
  for (uint64_t i = 0; i < 4000; i++) assert_int_equal(arrivals_next(&streams[i % 4]), i * MS);
}

// Of exponential gaps: mean and deviation are alike, e^-2 of them are above twice the mean, and one says nothing about
// the next. Bounds are five standard errors of 100000 draws.
static void test_poisson_gaps_are_exponential(void **state) {
  (void)state;
  enum { DRAWS = 100000 };
  const double mean = 50000, root = sqrt(DRAWS);
  struct arrivals arrivals;
  double sum = 0, squares = 0, products = 0, before = 0, last = 0;
  size_t above = 0;
  arrivals_begin(&arrivals, ARRIVALS_POISSON, 20000, 0, 1, 42);
  for (size_t i = 0; i < DRAWS; i++) {
    double next = (double)arrivals_next(&arrivals), gap = next - last;
    assert_true(gap >= 0);
    last = next;
    sum += gap;
    squares += (gap - mean) * (gap - mean);
    products += (gap - mean) * (before - mean) * (i > 0);
    above += gap > 2 * mean;
    before = gap;
  }
  assert_true(fabs(sum / DRAWS / mean - 1) < 5 / root);
  assert_true(fabs(squares / DRAWS / (mean * mean) - 1) < 5 * sqrt(8) / root);
  assert_true(fabs(products / DRAWS / (mean * mean)) < 5 / root);
  assert_true(fabs((double)above / DRAWS - exp(-2)) < 5 * sqrt(exp(-2) * (1 - exp(-2))) / root);
}

static void test_poisson_follows_its_seed(void **state) {
  (void)state;
  struct arrivals a, same, stream, seed;
  size_t differing = 0;
  arrivals_begin(&a, ARRIVALS_POISSON, 1000, 0, 2, 1);
  arrivals_begin(&same, ARRIVALS_POISSON, 1000, 0, 2, 1);
  arrivals_begin(&stream, ARRIVALS_POISSON, 1000, 1, 2, 1);
  arrivals_begin(&seed, ARRIVALS_POISSON, 1000, 0, 2, 2);
  for (int i = 0; i < 100; i++) {
    uint64_t next = arrivals_next(&a);
    assert_int_equal(next, arrivals_next(&same));
    differing += (next != arrivals_next(&stream)) + (next != arrivals_next(&seed));
  }
  assert_true(differing > 190);
}

static void test_arrivals_have_names(void **state) {
  (void)state;
  for (int i = 0; i < ARRIVAL_KINDS; i++) {
    enum arrival_kind kind = ARRIVAL_KINDS;
    assert_int_equal(arrival_kind_parse(arrival_kind_name((enum arrival_kind)i), &kind), 0);
    assert_int_equal(kind, i);
  }
  enum arrival_kind kind;
  assert_int_equal(arrival_kind_parse("fish", &kind), -EINVAL);
}

static void test_the_real_pacer_is_never_early(void **state) {
  (void)state;
  struct pacer pacer = pacer_real();
  for (uint64_t wait = 0; wait < 3 * MS; wait += MS / 2) {
    uint64_t deadline = pacer.now(pacer.user) + wait;
    pacer.wait_until(pacer.user, deadline);
    assert_true(pacer.now(pacer.user) >= deadline);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_are_started_on_time),
      cmocka_unit_test(test_a_stall_is_charged_to_all_who_waited),
      cmocka_unit_test(test_a_closed_loop_shows_a_stall_once),
      cmocka_unit_test(test_what_never_starts_is_counted),
      cmocka_unit_test(test_a_short_queue_at_the_end_is_no_backlog),
      cmocka_unit_test(test_a_queue_holds_many_in_flight),
      cmocka_unit_test(test_batches_are_what_waits),
      cmocka_unit_test(test_the_pacer_tells_its_own_lateness),
      cmocka_unit_test(test_second_halves_go_on_at_once),
      cmocka_unit_test(test_a_failure_ends_it),
      cmocka_unit_test(test_scans_are_refused),
      cmocka_unit_test(test_a_fill_ends_with_its_ids),
      cmocka_unit_test(test_constant_streams_take_turns),
      cmocka_unit_test(test_poisson_gaps_are_exponential),
      cmocka_unit_test(test_poisson_follows_its_seed),
      cmocka_unit_test(test_arrivals_have_names),
      cmocka_unit_test(test_the_real_pacer_is_never_early),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
