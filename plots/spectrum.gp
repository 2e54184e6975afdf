# SPDX-License-Identifier: MIT
# Latency percentiles on a logarithmic axis: for every cell a dot at the median, a thick line to the 99th percentile, a
# thin one to the 99.9th and a dash at the longest. Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('spectrum.gp')]; data = ARG1; output = ARG2
load folder.'style.gp'
unit = 'ns'
heading = 'Latency: '.text('title')
question = 'Dot: median. Thick line: to the 99th percentile. Thin: to the 99.9th. Dash: longest.'
whiskers = 'percentiles of all operations of the samples that time each one'
load folder.'parts/page.gp'
y_log = 1; from_column = 8; to_column = 12
load folder.'parts/axis.gp'
axis_text = 'latency (lower is better)'
load folder.'parts/categories.gp'
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    set format y column == 0 ? '%.0s%cs' : ''
    plot for [s=1:series_count] keyentry with points pointtype POINT[s] linecolor rgb COLOUR[s] \
        title LEGEND[s], \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($7 * scale):(0):(($9 - $7) * scale) \
        with vectors nohead linecolor rgb COLOUR[s] linewidth 2.6 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($9 * scale):(0):(($10 - $9) * scale) \
        with vectors nohead linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) - 0.3 * step : NaN):($11 * scale):(0.6 * step):(0) \
        with vectors nohead linecolor rgb COLOUR[s] linewidth 1.2 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($7 * scale) \
        with points pointtype POINT[s] pointsize 0.7 linecolor rgb COLOUR[s] notitle
  }
  unset multiplot
}
unset output
