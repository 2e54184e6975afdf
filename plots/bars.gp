# SPDX-License-Identifier: MIT
#: bars from 0, a group for each value of x, a bar for each series: values within one order of magnitude
# Bars from 0, one group a category of x, one bar a series, with the 95% interval as whisker and the value above.
# All shapes are called alike: gnuplot -d -c plots/SHAPE.gp DATA.tsv CHART makes CHART.svg, CHART.png and CHART.pdf.
folder = ARG0[1:strlen(ARG0)-strlen('bars.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
load folder.'parts/finding.gp'
marks_at_foot = 1; place_least = 5.4
load folder.'parts/page.gp'
# A bar on a logarithmic axis has no honest length, and short ones would vanish: values that far apart are dots.
if (text('log_y') eq '1') { exit error 'bars begin at 0: draw a logarithmic axis with ladder' }
y_log = 0; from_column = 5; to_column = 7
load folder.'parts/axis.gp'
load folder.'parts/categories.gp'
load folder.'parts/numbers.gp'
set style fill border rgb ink
set boxwidth 0.9 * step
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    plot for [s=1:series_count] keyentry with boxes fillstyle pattern PATTERN[s] fillcolor rgb COLOUR[s] \
        title LEGEND[s], \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($4 * scale) \
        with boxes fillstyle pattern PATTERN[s] fillcolor rgb COLOUR[s] notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($5 * scale):(0):(($6 - $5) * scale) \
        with vectors heads size screen 0.004,90 fixed linecolor rgb ink linewidth 0.9 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s && NUMBERED[place_of(p, $3, s)] ? place($3, s) : NaN):($6 * scale):(number_text($4)) \
        with labels rotate left offset 0,0.3 font ',6' textcolor rgb ink noenhanced notitle, \
      for [s=1:hover_count] $cells using ($1 == p && $2 == s ? place($3, s) : NaN):($4 * scale):(sprintf('%d', $12)) \
        with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  }
  unset multiplot
}
unset output
