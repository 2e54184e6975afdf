# SPDX-License-Identifier: MIT
#: operations (y = ops_per_s) or the longest wait (y = stall) along the seconds of a sample, without x: caches that fill, growth
# Operations per second, or the longest wait of each interval, along the seconds of a sample: one line a series, the
# repetition in the middle, and the others faint. Called as bars.gp; reads DATA-timeline.tsv beside DATA.tsv as well.
folder = ARG0[1:strlen(ARG0)-strlen('timeline.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
intervals = data[1:strlen(data)-strlen('.tsv')].'-timeline.tsv'
load folder.'style.gp'
load folder.'parts/finding.gp'
disturbed_mark = '*'; crosses = 0
waits = text('y') eq 'stall'
value_column = waits ? 9 : 6
whiskers = 'each point: the '.(waits ? 'longest wait' : 'mean').' of an interval; strong: the repetition in the middle; faint: the others'
set datafile separator "\t"
stats intervals using 5 nooutput name 'seconds'
stats intervals using value_column nooutput name 'seen'
if (!exists('seen_max')) { exit error 'the data has no intervals' }
# A bound is one line across its panel, whatever cell of it the bound is of.
bounds_flat = 1; x_numeric = 1; x_count = 2
array AT[2] = [0, seconds_max]
array X[2] = ['', '']
load folder.'parts/page.gp'
x_name = plot_width < 170 ? 'seconds' : 'seconds since the start of the clock'
y_log = waits && text('log_y') eq '1'; from_column = 5; to_column = 7
seen_low = seen_min; seen_high = seen_max
load folder.'parts/axis.gp'
set xrange [0:seconds_max]
set xtics autofreq scale 0.5
middle(from, to) = (from + to) / 2
# A line has no one place to circle: the name says it.
mark_panel(r) = 0
do for [r=1:rows_count] {
  if (flagged(r) && strstrt(LEGEND[SERIES_OF[r]], ' *') == 0) { LEGEND[SERIES_OF[r]] = LEGEND[SERIES_OF[r]].' *' }
}
faint_one(colour) = '#B0'.colour[2:7]
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    plot for [s=1:series_count] keyentry with lines dashtype DASH[s] linecolor rgb COLOUR[s] linewidth 1.4 title LEGEND[s], \
      for [r=1:rows_count] for [s=1:series_count] intervals using (SERIES_OF[r] == s && int($1) == ROW[r] && $3 == 0 && PANEL_OF[r] == p ? middle($4, $5) : NaN):(column(value_column) * scale) \
        with lines linecolor rgb faint_one(COLOUR[s]) linewidth 0.6 notitle, \
      for [r=1:rows_count] for [s=1:series_count] intervals using (SERIES_OF[r] == s && int($1) == ROW[r] && $3 == 1 && PANEL_OF[r] == p ? middle($4, $5) : NaN):(column(value_column) * scale) \
        with linespoints pointtype POINT[s] pointsize 0.3 dashtype DASH[s] \
        linecolor rgb COLOUR[s] linewidth 1.4 notitle
  }
  unset multiplot
}
unset output
