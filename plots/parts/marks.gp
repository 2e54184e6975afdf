# SPDX-License-Identifier: MIT
# Marks what panel p does not say by its values alone: a ring for a cell that counts flagged samples, a small cross at the
# foot for one that has no value. With mark_filled a ring has a white field of its own, as on dark ones. Where they stand is each shape's to say: mark_x(row), mark_y(row) in the unit of the data
# and mark_panel(row); with marks_at_foot rings stand there too, clear of the numbers above bars; without crosses none is drawn.
do for [r=1:2*rows_count] { unset label 1000+r }
do for [r=1:rows_count] {
  if (mark_panel(r) == p && flagged(r)) {
    v = mark_y(r) * scale
    if (marks_at_foot) {
      set label 1000+r '' at first mark_x(r),graph 0 point pointtype 7 pointsize 0.55 linecolor rgb '#FFFFFF' front
      set label 1000+rows_count+r '' at first mark_x(r),graph 0 point pointtype 6 pointsize 0.55 linewidth 1 linecolor rgb ink front
    } else {
      if (v == v && v >= y_low && v <= y_high) {
        if (exists('mark_filled')) { set label 1000+r '' at first mark_x(r),first v point pointtype 7 pointsize 1.2 linecolor rgb '#FFFFFF' front }
        set label (exists('mark_filled') ? 1000+rows_count+r : 1000+r) '' at first mark_x(r),first v point pointtype 6 pointsize 1.2 linewidth 0.9 linecolor rgb ink front
      }
    }
  }
  if (mark_panel(r) == p && crosses && field(r, 13) ne 'ok') {
    set label 1000+r '' at first mark_x(r),graph 0.025 point pointtype 2 pointsize 0.45 linewidth 1 linecolor rgb '#555555' front
  }
}
