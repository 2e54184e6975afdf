# SPDX-License-Identifier: MIT
# The y axis, from y_log and the values from_column to to_column of a row. Linear axes begin at 0 and count in the
# prefix of the largest value; on logarithmic ones each mark has its own. Nanoseconds become seconds.
highest = NaN; lowest = NaN; measured = 0
do for [r=1:rows_count] {
  if (field(r, 13) eq 'ok') {
    do for [c=from_column:to_column] {
      v = number(field(r, c))
      if (v == v) { measured = 1 }
      if (v == v && v > 0) {
        if (!(highest >= v)) { highest = v }
        if (!(lowest <= v)) { lowest = v }
      }
    }
  }
}
if (!measured) { exit error 'the data has no measured cell' }
# What a shape draws beyond the values of the rows.
if (exists('seen_high') && seen_high > highest) { highest = seen_high }
if (exists('seen_low') && seen_low > 0 && seen_low < lowest) { lowest = seen_low }
if (highest != highest) { highest = 1; lowest = 1 }  # nothing but zeros: no system call, no sync
to_base = unit eq 'ns' ? 1e-9 : 1.0
base_unit = unit eq 'ns' ? 's' : unit
# Only times are said in thousandths.
prefix = y_log ? 0 : si_step(highest * to_base)
prefix = prefix < 0 && unit ne 'ns' ? 0 : prefix
scale = to_base / 1000.0 ** prefix
# Bounds widen the axis as far as the data stays readable: the others are an arrow at its edge.
bound_reach = y_log ? 40.0 : 1.3
beyond = 0; bound_highest = highest; bound_lowest = lowest
do for [i=1:bounds_count] {
  v = BOUND[i]
  if (v > bound_highest && v <= highest * bound_reach) { bound_highest = v }
  if (v > highest * bound_reach) { beyond = 1 }
  if (y_log && v < bound_lowest && v >= lowest / bound_reach) { bound_lowest = v }
}
# What is beyond is named at the top edge.
headroom = beyond && y_log ? 1.6 * (bound_highest / bound_lowest) ** 0.22 : 1.6
y_low = y_log ? bound_lowest * scale / (bounds_count > 0 && unit eq 'ns' ? 2.5 : 1.6) : 0
y_high = scale * (y_log ? headroom * bound_highest : 1.2 * highest > 1.05 * bound_highest ? 1.2 * highest : 1.05 * bound_highest)
apart = strlen(base_unit) > 3 && prefix != 0 ? ' ' : ''
axis_text = text('y_label').', '.si_prefix(prefix).apart.base_unit.' ('.text('better').' is better)'

# Few decades are marked at 1, 2 and 5 of each, more at 1 only.
array MARK[40]
marks_count = 0
if (y_log) {
  do for [d=int(floor(log10(y_low))):int(floor(log10(y_high)))] {
    do for [m=1:(y_high / y_low < 1000 ? 3 : 1)] {
      v = (m == 1 ? 1 : m == 2 ? 2 : 5) * 10.0 ** d
      if (v >= y_low && v <= y_high) { marks_count = marks_count + 1; MARK[marks_count] = v }
    }
  }
}
