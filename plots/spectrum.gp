# SPDX-License-Identifier: MIT
#: latency along percentiles, a panel for each value of x: tails; drawn beside every other shape as well
# Latency over percentiles, which stand in nines: 50%, 90%, 99%, 99.9% and the longest. One line a series, one panel a
# value of x (and of the panel axis, if there is one), on a logarithmic axis. Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('spectrum.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
unit = 'ns'
of_latency = 1  # bounds are times, too
# The chart of its experiment says what was found; one beside another chart what it shows.
heading = text('shape') eq 'spectrum' ? text('finding') : 'Latency: '.text('title')
question = text('shape') eq 'spectrum' ? text('question') : \
  'How long operations took: half of them at most the time at 50, all but one in a hundred at most that at 99.'
array LEVEL[5] = ['50', '90', '99', '99.9', 'max']
array NINES[5] = [0.301, 1, 2, 3, 4]
# A panel for each place where latencies were taken: SPOT_X[], SPOT_PANEL[]; spot(panel, x) is its number, or 0.
array SPOT_X[panel_count * x_count]
array SPOT_PANEL[panel_count * x_count]
spots_count = 0
timed(p, x) = (found = 0, sum [r=1:rows_count] (PANEL_OF[r] == p && X_OF[r] == x && field(r, 13) eq 'ok' && field(r, 8) ne 'nan' ? (found = 1, 0) : 0), found)
do for [p=1:panel_count] {
  do for [x=1:x_count] {
    if (timed(p, x)) { spots_count = spots_count + 1; SPOT_X[spots_count] = x; SPOT_PANEL[spots_count] = p }
  }
}
if (spots_count < 1) { exit error 'the data has no latencies' }
spot(p, x) = (found = 0, sum [i=1:spots_count] (SPOT_PANEL[i] == p && SPOT_X[i] == x ? (found = i, 0) : 0), found)
set print $spectrum
do for [s=1:series_count] {
  do for [r=1:rows_count] {
    if (SERIES_OF[r] == s && field(r, 13) eq 'ok') {
      do for [k=1:5] {
        print sprintf('%d %d %g %.17g %d%s', spot(PANEL_OF[r], X_OF[r]), s, NINES[k], number(field(r, 7 + k)), ROW[r], word(wanted, 7 + k))
      }
      print ''
    }
  }
}
unset print
mark_x(r) = NINES[5]
mark_y(r) = number(field(r, 12))
mark_panel(r) = spot(PANEL_OF[r], X_OF[r])
crosses = 0
# A bound is one line across the panel of its place.
load folder.'parts/bounds.gp'
do for [i=1:bounds_count] { BOUND_PANEL[i] = spot(BOUND_PANEL[i], BOUND_X[i]) }
bounds_flat = 1; x_numeric = 1
array AT[5] = [0.301, 1, 2, 3, 4]
array NAME[spots_count]
array BRIEF[spots_count]
do for [i=1:spots_count] {
  NAME[i] = X[SPOT_X[i]].(panel_count > 1 ? ', '.text('panel').' '.PANEL[SPOT_PANEL[i]] : '')
  BRIEF[i] = X[SPOT_X[i]].(panel_count > 1 ? ', '.PANEL[SPOT_PANEL[i]] : '')
}
panel_count = spots_count
array PANEL[panel_count]
array SHORT[panel_count]
do for [p=1:panel_count] { PANEL[p] = NAME[p]; SHORT[p] = BRIEF[p] }
x_count = 5
array X[5]
do for [k=1:5] { X[k] = LEVEL[k] }
whiskers = 'percentiles: median over the samples that time operations'
if (strlen(text('calls'))) { whiskers = whiskers.'; '.text('calls') }
if (strlen(text('batches'))) { whiskers = whiskers.'; timed in batches, so of their means: '.text('batches') }
load folder.'parts/page.gp'
panel_name = text('x_label')
x_name = 'percentile'
y_log = 1; from_column = 8; to_column = 12
load folder.'parts/axis.gp'
axis_text = 'latency (lower is better)'; mark_unit = 's'
set xrange [0.1:4.2]
set xtics () scale 0.5
do for [k=1:5] { set xtics add (LEVEL[k] NINES[k]) }
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    set grid xtics
    if (plot_width < 105) { set xtics font ',6.5' }
    plot for [s=1:series_count] keyentry with linespoints pointtype POINT[s] dashtype DASH[s] linecolor rgb COLOUR[s] linewidth 1.4 \
        title LEGEND[s], \
      for [s=1:series_count] $spectrum using ($1 == p && $2 == s ? $3 : NaN):($4 * scale) \
        with linespoints pointtype POINT[s] dashtype DASH[s] pointsize 0.6 linecolor rgb COLOUR[s] linewidth 1.4 notitle, \
      for [s=1:hover_count] $spectrum using ($1 == p && $2 == s ? $3 : NaN):($4 * scale):(strcol(5)) \
        with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  }
  unset multiplot
}
unset output
