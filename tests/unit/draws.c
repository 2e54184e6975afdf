// SPDX-License-Identifier: MIT
#include "tests/unit/draws.h"

#include <math.h>

double draw_uniform(struct random *random) { return ((double)(random_next(random) >> 12) + 0.5) / 0x1p52; }

// Box and Muller's method.
double draw_normal(struct random *random) {
  double radius = sqrt(-2 * log(draw_uniform(random)));
  return radius * cos(2 * M_PI * draw_uniform(random));
}

double draw_heavy(struct random *random) {
  double normal = draw_normal(random), squares = 0;
  for (int i = 0; i < 3; i++) {
    double part = draw_normal(random);
    squares += part * part;
  }
  return normal / sqrt(squares / 3);
}
