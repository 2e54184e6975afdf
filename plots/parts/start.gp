# SPDX-License-Identifier: MIT
# Begins one page: loaded with f = 1 (SVG), 2 (PNG) or 3 (PDF). 16 cm are 604.7 CSS pixels of 3/4 point; the PNG has twice
# as many, for screens that show two for one. Of the terminals, only SVG counts a point as a pixel.
name = word('svg png pdf', f)
if (f == 1) {
  set terminal svg size width/0.75,height/0.75 dynamic font 'sans-serif,9' fontscale 1.333 linewidth 1.333 background '#FFFFFF'
}
if (f == 2) {
  set terminal pngcairo size width/0.375,height/0.375 font 'sans-serif,9' fontscale 2 linewidth 2.667 pointscale 2 background '#FFFFFF'
}
if (f == 3) {
  set terminal pdfcairo size width/28.346cm,height/28.346cm font 'sans-serif,9' fontscale 0.75 linewidth 1.333 background '#FFFFFF'
}
set termoption noenhanced
set output output.'.'.name
set multiplot
