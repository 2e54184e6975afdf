# SPDX-License-Identifier: MIT
# Begins panel p of a page: margins, axes and tics, and with the first panel the texts and the legend of the page.
unset label
unset key
if (p == 1) {
  set label 1 heading at screen across(8),screen down(16) left font 'sans-serif:Bold,11' textcolor rgb ink noenhanced
  set label 2 question at screen across(8),screen down(17 + 15 * lines(heading)) left font ',9' textcolor rgb '#555555' noenhanced
  set label 3 axis_text at screen across(8),screen down(above - 10) left font ',8' textcolor rgb ink noenhanced
  set label 4 caption at screen across(8),screen down(height - 9 * lines(caption) + 1) left font ',6.5' textcolor rgb '#555555' noenhanced
  if (legend_rows > 0) {
    set key at screen across(8),screen down(above - 18 - legend_rows * 11) left top Left reverse horizontal maxcols legend_columns
  } else {
    set key at screen across(width - legend_width - 2),screen down(above - 2) left top Left reverse vertical maxrows series_count
  }
  set key samplen 1.6 spacing 1.05 font ',8' textcolor rgb ink noenhanced noautotitle
}
column = (p - 1) % grid_columns
row = (p - 1) / grid_columns
top_edge = above + row * cell_height + title_height
left_edge = left + column * cell_width
set lmargin at screen across(left_edge)
set rmargin at screen across(left_edge + plot_width)
set tmargin at screen down(top_edge)
set bmargin at screen down(top_edge + plot_height)
if (panel_count > 1) {
  title = titled(panel_name, PANEL[p], SHORT[p], int(plot_width / 4.4))
  set label 5 title at graph 0.5,graph 1 center offset 0,0.5+1.05*(lines(title)-1) font ',8' textcolor rgb ink noenhanced
}
set border 3 linecolor rgb '#555555' linewidth 0.8
set grid ytics linetype 1 linecolor rgb faint linewidth 0.6 dashtype 1
set tics nomirror out scale 0.5 textcolor rgb ink font ',8' noenhanced
set label 6 x_name at screen across(left_edge + plot_width / 2),screen down(top_edge + plot_height + tics_height + 11) \
  center font ',8' textcolor rgb ink noenhanced
set yrange [y_low:y_high]
load folder.'parts/bound_lines.gp'
load folder.'parts/marks.gp'
if (y_log) {
  set logscale y 10
  set ytics ()
  do for [m=1:marks_count] { set ytics add ((column == 0 ? mark_text(MARK[m]) : '') MARK[m]) }
} else {
  unset logscale y
  set ytics autofreq
  set format y column == 0 ? '%g' : ''
}
