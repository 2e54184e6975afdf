# SPDX-License-Identifier: MIT
#: lines along an x of numbers (batch, depth, threads, sizes): how something grows, and where lines cross
# Lines over a numeric x, one a series, with the 95% interval as whisker; x counts in doublings where all its values are
# powers of two, 0.25 and 0.5 too. Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('lines.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
load folder.'parts/finding.gp'
load folder.'parts/page.gp'
y_log = text('log_y') eq '1'; from_column = 5; to_column = 7
load folder.'parts/axis.gp'
array AT[x_count]
x_numeric = 1
doublings = 1; x_low = NaN; x_high = NaN
do for [x=1:x_count] {
  AT[x] = size(X[x])
  if (AT[x] != AT[x]) { exit error 'lines need numbers along x: draw names with bars or ladder' }
  if (AT[x] <= 0 || abs(log10(AT[x]) / log10(2) - floor(0.5 + log10(AT[x]) / log10(2))) > 1e-9) { doublings = 0 }
  if (!(x_low <= AT[x])) { x_low = AT[x] }
  if (!(x_high >= AT[x])) { x_high = AT[x] }
}
mark_x(r) = AT[X_OF[r]]
mark_y(r) = number(field(r, 5))
mark_panel(r) = PANEL_OF[r]
if (doublings) {
  set logscale x 2; set xrange [x_low/1.2:x_high*1.2]
} else {
  aside = x_high > x_low ? 0.04 * (x_high - x_low) : 1; set xrange [x_low-aside:x_high+aside]
}
set xtics () scale 0.5
do for [x=1:x_count] { set xtics add (TIC[x] AT[x]) }
if (turn) { set xtics rotate by 25 right }
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    plot for [s=1:series_count] keyentry with linespoints pointtype POINT[s] dashtype DASH[s] linecolor rgb COLOUR[s] linewidth 1.4 \
        title LEGEND[s], \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? AT[int($3)] : NaN):($4 * scale) \
        with lines dashtype DASH[s] linecolor rgb COLOUR[s] linewidth 1.4 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? AT[int($3)] : NaN):($5 * scale):(0):(($6 - $5) * scale) \
        with vectors heads size screen 0.004,90 fixed linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? AT[int($3)] : NaN):($4 * scale) \
        with points pointtype POINT[s] pointsize 0.6 linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      for [s=1:hover_count] $cells using ($1 == p && $2 == s ? AT[int($3)] : NaN):($4 * scale):(sprintf('%d', $12)) \
        with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  }
  unset multiplot
}
unset output
