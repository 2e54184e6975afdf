// SPDX-License-Identifier: MIT
// Running gnuplot. Its scripts get names as arguments (-c), never as source; and those names begin with "data/" and
// "charts/", since gnuplot takes '<' or '|' at the head of a file name for a command to run.
#include "harness/report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/catalogue.h"
#include "harness/data_dir.h"
#include "harness/report/svg.h"
#include "harness/results_file.h"

extern char **environ;

struct drawing {
  char script[PATH_MAX], data[PATH_MAX], chart[PATH_MAX];
  char messages[2048];  // what gnuplot wrote on standard error
};

// Our environment with a UTF-8 locale, which `set encoding utf8` complains without. NULL: no memory. free() it.
static char **utf8_environment(void) {
  size_t count = 0, kept = 0;
  while (environ[count]) count++;
  char **all = calloc(count + 2, sizeof *all);
  for (size_t i = 0; all && i < count; i++)
    if (strncmp(environ[i], "LC_ALL=", 7) != 0) all[kept++] = environ[i];
  if (all) all[kept] = (char *)"LC_ALL=C.UTF-8";
  return all;
}

static int start(const char *folder, struct drawing *drawing, int messages, pid_t *child) {
  char *const arguments[] = {(char *)"gnuplot", (char *)"-d",   (char *)"-c",    drawing->script,
                             drawing->data,     drawing->chart, (char *)"hover", NULL};
  posix_spawn_file_actions_t actions;
  char **environment = utf8_environment();
  int code = environment ? posix_spawn_file_actions_init(&actions) : ENOMEM;
  if (code) goto out;
  code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!code) code = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (!code) code = posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
  if (!code) code = posix_spawn_file_actions_addchdir_np(&actions, folder);
  if (!code) code = posix_spawnp(child, "gnuplot", &actions, NULL, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
out:
  free(environment);
  return -code;
}

static int milliseconds_left(const struct timespec *end) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long long left = (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
  return left > 0 ? (int)left : 0;
}

// Reads until gnuplot closes its standard error, that is, ends. Keeps the beginning of what it wrote.
static int listen_until(int messages, const struct timespec *end, struct drawing *drawing) {
  for (;;) {
    struct pollfd ready = {.fd = messages, .events = POLLIN};
    char text[1024];
    int count = poll(&ready, 1, milliseconds_left(end));
    if (count == 0) return -ETIMEDOUT;
    ssize_t length = count < 0 ? -1 : read(messages, text, sizeof text);
    if (length == 0) return 0;
    if (length < 0 && errno != EINTR) return -errno;
    size_t kept = strlen(drawing->messages), room = sizeof drawing->messages - 1 - kept;
    if (length > 0) strncat(drawing->messages, text, (size_t)length < room ? (size_t)length : room);
  }
}

// gnuplot puts blank lines, the statement and a caret before what it has to say: the last line that is not blank.
static const char *complaint(struct drawing *drawing) {
  char *rest = drawing->messages, *line, *last = NULL;
  while ((line = strsep(&rest, "\n")))
    if (line[strspn(line, " \t^")]) last = line;
  return last ? last : "it ended early";
}

static int wait_for(pid_t child, int *status) {
  while (waitpid(child, status, 0) < 0)
    if (errno != EINTR) return -errno;
  return 0;
}

static int not_started(int code, struct error *error) {
  if (code != -ENOENT) return error_set(error, code, "gnuplot: cannot be started: %s; try again", strerror(-code));
  return error_set(error, code,
                   "gnuplot: not found; install gnuplot-nox (scripts/install-deps does) and draw again by `storebench "
                   "report` or `compare`");
}

// Waits for gnuplot, which is killed at its time limit, and judges what it said.
static int finish(pid_t child, int messages, struct drawing *drawing, struct error *error) {
  struct timespec end;
  int status = 0;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += GNUPLOT_SECONDS;
  int code = listen_until(messages, &end, drawing);
  if (code) kill(child, SIGKILL);
  int waited = wait_for(child, &status);
  if (code == -ETIMEDOUT)
    return error_set(error, code, "%.200s: gnuplot took over %d s; try again", drawing->data, GNUPLOT_SECONDS);
  if (!code) code = waited;
  if (code) return error_set(error, code, "gnuplot: lost: %s; try again", strerror(-code));
  if (status || *drawing->messages)
    return error_set(error, -EINVAL,
                     "%.200s: gnuplot cannot draw it: %.200s; look at the file, and whether charts can be written",
                     drawing->data, complaint(drawing));
  return 0;
}

static int run(const char *folder, struct drawing *drawing, struct error *error) {
  int messages[2];
  pid_t child = 0;
  if (pipe2(messages, O_CLOEXEC)) return error_set(error, -errno, "gnuplot: no pipe: %m; close other programs");
  int code = start(folder, drawing, messages[1], &child);
  close(messages[1]);
  code = code ? not_started(code, error) : finish(child, messages[0], drawing, error);
  close(messages[0]);
  return code;
}

// Whether the file ends as its format does: gnuplot does not notice that a disk is full.
static bool is_whole(const char *path, const char *ending) {
  char tail[32] = "";
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool whole =
      fseek(file, -16, SEEK_END) == 0 && fread(tail, 1, 16, file) > 0 && memmem(tail, 16, ending, strlen(ending));
  fclose(file);
  return whole;
}

struct annotation {
  const char *drawn, *data;  // paths
};

static int write_annotated(FILE *out, const void *user) {
  const struct annotation *annotation = user;
  FILE *in = fopen(annotation->drawn, "re"), *data = fopen(annotation->data, "re");
  int code = in && data ? svg_annotate(in, data, out) : -errno;
  if (in) fclose(in);
  if (data) fclose(data);
  return code;
}

// The SVG is made anew from what gnuplot drew, with the values in it.
static int annotate(const char *folder, const char *name, const char *chart, const char *drawn, struct error *error) {
  char data[PATH_MAX], file[NAME_MAX + 16];
  struct annotation annotation = {drawn, data};
  if (snprintf(data, sizeof data, "%s/data/%s.tsv", folder, name) >= (int)sizeof data)
    return error_set(error, -ENAMETOOLONG, "%s: the path is too long; move it", folder);
  snprintf(file, sizeof file, "charts/%s.svg", chart);
  int code = results_file_write(folder, file, write_annotated, &annotation, error);
  unlink(drawn);
  return code;
}

// Charts are drawn under another name first, so that no half-drawn one stands under its own; one of this process, since
// another may draw the same chart.
static void name_part(const char *chart, char *part, size_t room) {
  snprintf(part, room, "charts/.%s.%d.part", chart, (int)getpid());
}

static int move_charts(const char *folder, const char *name, const char *chart, bool keep, struct error *error) {
  static const char *const formats[] = {"svg", "png", "pdf"}, *const endings[] = {"</svg>", "IEND", "%%EOF"};
  char part[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
  int code = 0;
  name_part(chart, part, sizeof part);
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    int wrote = snprintf(from, sizeof from, "%s/%s.%s", folder, part, formats[i]);
    if (wrote < (int)sizeof from) wrote = snprintf(to, sizeof to, "%s/charts/%s.%s", folder, chart, formats[i]);
    if (wrote >= (int)sizeof to) return error_set(error, -ENAMETOOLONG, "%s: the path is too long; move it", folder);
    if (keep && !code && !is_whole(from, endings[i]))
      code = error_set(error, -EIO, "%s: was not drawn to its end; check the folder and its free space", to);
    if (keep && !code && i == 0)
      code = annotate(folder, name, chart, from, error);
    else if (keep && !code && rename(from, to))
      code = error_set(error, -errno, "%s: cannot be made: %m; check the folder and its free space", to);
    if (!keep || code) unlink(from);
  }
  return code;
}

int gnuplot_draw(const char *folder, const char *shape, const char *name, const char *chart, struct error *error) {
  struct drawing drawing = {0};
  char file[64], script[PATH_MAX];
  snprintf(file, sizeof file, PLOTS_FOLDER "/%s.gp", shape);
  int code = data_path(file, script, sizeof script, error);
  if (code) return code;
  if (!realpath(script, drawing.script))
    return error_set(error, -errno, "%s: %m; set STOREBENCH_DATA to the folder that holds " PLOTS_FOLDER, script);
  snprintf(drawing.data, sizeof drawing.data, "data/%s.tsv", name);
  name_part(chart, drawing.chart, sizeof drawing.chart);
  code = run(folder, &drawing, error);
  int moved = move_charts(folder, name, chart, code == 0, code ? NULL : error);
  return code ? code : moved;
}
