# SPDX-License-Identifier: MIT
#: dots on a logarithmic axis, a group for each value of x: values that differ by orders of magnitude
# Dots on a logarithmic axis, for values that differ by orders of magnitude: one group a category of x, one dot a
# series, with the 95% interval as whisker. Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('ladder.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
load folder.'parts/finding.gp'
load folder.'parts/page.gp'
y_log = 1; from_column = 5; to_column = 7
load folder.'parts/axis.gp'
load folder.'parts/categories.gp'
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    plot for [s=1:series_count] keyentry with points pointtype POINT[s] linecolor rgb COLOUR[s] \
        title LEGEND[s], \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($5 * scale):(0):(($6 - $5) * scale) \
        with vectors heads size screen 0.004,90 fixed linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($4 * scale) \
        with points pointtype POINT[s] pointsize 0.6 linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      for [s=1:hover_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($4 * scale):(sprintf('%d', $12)) \
        with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  }
  unset multiplot
}
unset output
