# SPDX-License-Identifier: MIT
# How every chart looks: colour, point, dash and hatching of each name. Every shape loads this file first, after it has
# set folder, data and output (load overwrites ARG0, ARG1 ...).
#
# No text of the data is ever part of a command: texts are values of string variables, and all text is `noenhanced`.
# Only thus can a back quote, @macro or $(...) in a title or host name run nothing.
set encoding utf8

# Okabe and Ito's palette, safe for colour-blind readers: a hue for each way of moving bytes. Its variants take a
# neighbouring colour, an open point and a broken line. Bars are hatched by turns, since the hues are alike in grey.
#        name         colour   point dash hatching (3: solid)
looks = 'mmap         #0072B2  7  1  3 '.\
        'map-pwrite   #56B4E9  6  2  2 '.\
        'mmap-random  #88CCEE  7  4  6 '.\
        'pread        #D55E00  5  1  4 '.\
        'pread-direct #E69F00  4  2  7 '.\
        'stdio        #CC79A7  9  4  3 '.\
        'uring        #009E73  13 1  1 '.\
        'uring-direct #7FC97F  12 2  5 '.\
        'null         #999999  2  3  3 '.\
        'lmdb         #332288  11 5  3 '.\
        'leveldb      #882255  10 5  4 '.\
        'rocksdb      #661100  8  5  2 '.\
        'bbolt        #117733  3  5  5 '
# Names not in the table take the next of these by a sum over their letters, so that a name looks the same everywhere;
# where two names of one chart meet, the later one takes the next free.
others = '#6A3D9A 14 3 1 #B15928 15 4 6 #1B7837 4 3 7 #8C96C6 8 2 1 #DD3497 10 5 6 #525252 1 1 7 #2C7FB8 12 4 1 '.\
         '#A6761D 2 2 6 #41AB5D 6 3 7 #C51B7D 3 5 1 #045A8D 9 2 6 #F46D43 11 4 7'
looks_count = words(looks) / 5
others_count = words(others) / 4
ink = '#222222'
faint = '#DDDDDD'

letters = ' !#%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~'
hash(name) = (h = 0, sum [i=1:strlen(name)] (h = (h * 31 + strstrt(letters, name[i:i])) % 9973, 0), h)
known(name) = (found = 0, sum [i=1:looks_count] (word(looks, 5 * i - 4) eq name ? (found = i) : 0), found)

load folder.'parts/data.gp'

array COLOUR[series_count]
array POINT[series_count]
array DASH[series_count]
array PATTERN[series_count]
taken = ' '
do for [s=1:series_count] {
  k = text('series') eq 'engine' ? known(SERIES[s]) : 0
  if (k > 0) {
    COLOUR[s] = word(looks, 5 * k - 3); POINT[s] = int(word(looks, 5 * k - 2))
    DASH[s] = int(word(looks, 5 * k - 1)); PATTERN[s] = int(word(looks, 5 * k))
  } else {
    k = (text('series') eq 'engine' ? hash(SERIES[s]) : s - 1) % others_count
    do for [i=1:others_count] {
      if (strstrt(taken, ' '.k.' ') > 0) { k = (k + 1) % others_count }
    }
    taken = taken.k.' '
    COLOUR[s] = word(others, 4 * k + 1); POINT[s] = int(word(others, 4 * k + 2))
    DASH[s] = int(word(others, 4 * k + 3)); PATTERN[s] = int(word(others, 4 * k + 4))
  }
}
# In one chart no two are hatched alike, as far as there are hatchings; those of the table keep theirs first.
hatched = ' '
do for [strange=0:1] {
  do for [s=1:series_count] {
    if ((known(SERIES[s]) == 0) == strange) {
      do for [i=1:7] { if (strstrt(hatched, ' '.PATTERN[s].' ') > 0) { PATTERN[s] = PATTERN[s] % 7 + 1 } }
      hatched = hatched.PATTERN[s].' '
    }
  }
}
