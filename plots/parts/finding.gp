# SPDX-License-Identifier: MIT
# What the page of a metric says: the finding as its title, the question below it, and what the whiskers are. With fewer
# than six values a median has no 95% interval, and `low` and `high` are the least and the largest.
heading = text('finding')
question = text('question')
fewest = 1e9
do for [r=1:rows_count] {
  if (field(r, 13) eq 'ok' && int(field(r, 16)) < fewest) { fewest = int(field(r, 16)) }
}
whiskers = fewest < 6 ? 'whiskers: range of all repetitions' : 'whiskers: 95% interval'
