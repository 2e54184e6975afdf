// SPDX-License-Identifier: MIT
// Whether the rate of a store stayed the same while it was measured. A pure function on a timeline; thread safe.
#ifndef STOREBENCH_STEADY_H
#define STOREBENCH_STEADY_H

#include <stddef.h>

enum { STEADY_MIN = 16 };  // intervals, below which even a clear step could be chance: nothing is said
#define STEADY_FLOOR 0.05  // the smallest change that counts where nothing better is known, as a fraction

enum steady_verdict { STEADY_UNKNOWN, STEADY_YES, STEADY_NO };

struct steadiness {
  enum steady_verdict verdict;
  size_t from, to;  // the stretch [from, to) of intervals that differs most from the rest; 0, 0 where there is none
  double change;  // its mean rate over that of the rest: 0.6 is a fall to 60%; NAN where there is none or the rest is 0
};

// Needs from the caller: `n` rates (operations, or bytes, an interval) of consecutive intervals of equal length, in the
// order of time, without the warm-up and without an interval cut short at either end. `floor`: the smallest change that
// counts, as a fraction.
//
// The rule: of all stretches of the series the one whose mean differs most from the rest is found (the statistic of
// circular binary segmentation: Olshen, Venkatraman, Lucito, Wigler, Biostatistics 5, 2004). The series is not steady
// when shuffling the intervals in time makes so odd a stretch in fewer than 1% of cases, and the rest differs from it
// by more than `floor`. This finds a step, a ramp, a cliff and a dip; it does not mind noise, and stalls that are
// spread evenly over the series, since a shuffled series has them as well. It is done on rates and on their ranks (0.5%
// each), so that one long stall does not hide a step. Series of more than 64 intervals are averaged to 64.
//
// Fewer than STEADY_MIN intervals, or none above 0: STEADY_UNKNOWN. 0, or -EINVAL (a rate is below 0 or not finite).
int steady_judge(const double *rates, size_t n, double floor, struct steadiness *steadiness);

// "steady", "not steady" or "unknown".
const char *steady_name(enum steady_verdict verdict);

#endif
