# SPDX-License-Identifier: MIT
# An x axis of names, one place each; the series stand side by side in it, `step` apart.
x_numeric = 0
set xrange [0.5:x_count+0.5]
set xtics () scale 0
do for [x=1:x_count] { set xtics add (TIC[x] x) }
if (turn) { set xtics rotate by 25 right } else { set xtics norotate }
set style line 9 linecolor rgb faint linewidth 0.6
do for [x=1:x_count-1] { set arrow x from x+0.5,graph 0 to x+0.5,graph 1 nohead back linestyle 9 }
step = 0.84 / series_count
place(x, s) = x + (s - (series_count + 1) / 2.0) * step
mark_x(r) = place(X_OF[r], SERIES_OF[r])
mark_y(r) = number(field(r, 5))
mark_panel(r) = PANEL_OF[r]
