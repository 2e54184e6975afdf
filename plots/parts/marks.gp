# SPDX-License-Identifier: MIT
# Circles what was disturbed in panel p: the values of cells that count flagged samples. Where they stand is each shape's to
# say: disturbed_x(row), disturbed_y(row) in the unit of the data and disturbed_panel(row).
do for [r=1:rows_count] { unset label 1000+r }
do for [r=1:rows_count] {
  if (flagged(r) && disturbed_panel(r) == p) {
    v = disturbed_y(r) * scale
    if (v == v && v >= y_low && v <= y_high) {
      set label 1000+r '' at first disturbed_x(r),first v point pointtype 6 pointsize 1.5 linewidth 1 linecolor rgb ink front
    }
  }
}
