// SPDX-License-Identifier: MIT
// The isolation gate.
#include "harness/isolation.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

// The table of docs/results.md. Times come in ticks of 10 ms, and one tick is no evidence.
static const double cpu_share = 0.1, cpu_least_s = 0.025;       // of one processor
static const double io_share = 0.05, io_least = 1 << 20;        // of the sample's own device bytes
static const double steal_share = 0.01, steal_least_s = 0.015;  // of all processors
static const double slow_from = 1.25;                           // times the fastest of the run
enum { REPEATS_FREE = 4, REPEATS_SHARE = 5 };

static double number(const json_t *object, const char *field) {
  const json_t *value = json_object_get(object, field);
  return json_is_number(value) ? json_number_value(value) : 0;
}

static int flag(json_t *sample, const char *name, bool raised) {
  return raised && json_array_append_new(json_object_get(sample, "flags"), json_string(name)) ? -ENOMEM : 0;
}

int isolation_judge(struct isolation *isolation, json_t *sample) {
  const json_t *foreign = json_object_get(sample, "foreign");
  isolation->samples++;
  if (!json_is_object(foreign)) return 0;
  double seconds = number(foreign, "seconds"), reference = number(foreign, "reference_ns");
  double own = number(sample, "device_read_bytes") + number(sample, "device_write_bytes");
  double all = seconds * (double)sysconf(_SC_NPROCESSORS_ONLN);
  int code = flag(sample, "foreign-cpu", number(foreign, "cpu_s") > fmax(cpu_least_s, cpu_share * seconds));
  if (!code) code = flag(sample, "foreign-io", number(foreign, "io_bytes") > fmax(io_least, io_share * own));
  if (!code) code = flag(sample, "steal", number(foreign, "steal_s") > fmax(steal_least_s, steal_share * all));
  if (!code && reference > 0) {
    code = flag(sample, "slow", isolation->fastest_ns > 0 && reference > slow_from * isolation->fastest_ns);
    if (isolation->fastest_ns <= 0 || reference < isolation->fastest_ns) isolation->fastest_ns = reference;
  }
  return code;
}

bool isolation_repeats(struct isolation *isolation, const json_t *sample, unsigned tries) {
  const char *status = json_string_value(json_object_get(sample, "status"));
  if (!status || strcmp(status, "ok") != 0 || json_array_size(json_object_get(sample, "flags")) == 0) return false;
  if (tries >= ISOLATION_TRIES || isolation->repeated >= REPEATS_FREE + isolation->samples / REPEATS_SHARE)
    return false;
  isolation->repeated++;
  return true;
}
