// SPDX-License-Identifier: MIT
// Opening and closing a peer's store, and what is done to it as a whole.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/peers/internal.h"

static const char meta_key[PEER_META_LENGTH];  // zeros

// The value of the record under meta_key.
struct meta {
  char magic[12];
  uint32_t record_size;
};
static const char magic[12] = "storebench1";

static bool record_size_allowed(uint32_t size) {
  if (size < RECORD_SIZE_MIN || size > RECORD_SIZE_MAX) return false;
  return size < 4096 ? (size & (size - 1)) == 0 : size % 4096 == 0;
}

// ---- checks before a peer sees the path: their own words for these differ, and some would make or wait for files

static int check_path(const char *path, const struct store_config *config, bool *there, struct error *error) {
  struct stat status;
  if (config->record_size && !record_size_allowed(config->record_size))
    return error_set(error, -EINVAL,
                     "bad record size %u; use a power of two from 64 to 4096, or a multiple of 4096 to 1 MiB",
                     config->record_size);
  if (config->read_only && config->create)
    return error_set(error, -EINVAL, "%s: to be made and only read; leave one out", path);
  *there = lstat(path, &status) == 0;
  if (!*there && (errno != ENOENT || !config->create)) {
    int code = -errno;
    return error_set(error, code, "%s: %s; make it first", path, strerror(-code));
  }
  if (!*there) return 0;
  if (config->exclusive) return error_set(error, -EEXIST, "%s: is there already; choose another path", path);
  if (S_ISLNK(status.st_mode)) return error_set(error, -ELOOP, "%s: a symbolic link; name the store itself", path);
  if (S_ISDIR(status.st_mode) && !peer.folder) return error_set(error, -EISDIR, "%s: a folder; name a store", path);
  if (!S_ISDIR(status.st_mode) && peer.folder) return error_set(error, -EINVAL, "%s: not a folder; name a store", path);
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
    return error_set(error, -EINVAL, "%s: not a file; name a store", path);
  return 0;
}

// One writer or many readers, in this process and others, the same for every peer. On a descriptor of its own.
static int lock_path(const char *path, bool read_only, struct error *error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  int code = fd < 0 ? -errno : 0;
  if (!code && flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB)) code = -errno;
  if (!code) return fd;
  if (fd >= 0) close(fd);
  if (code == -EWOULDBLOCK)
    return error_set(error, code, "%s: in use by another process or store; close it first", path);
  return error_set(error, code, "%s: %s", path, strerror(-code));
}

// ---- the store's own record

static struct op meta_op(enum op_kind kind, struct meta *meta) {
  return (struct op){
      .kind = kind, .key = meta_key, .key_length = PEER_META_LENGTH, .value = meta, .value_length = sizeof *meta};
}

static int write_meta(struct store *store) {
  struct meta meta = {.record_size = store->config.record_size};
  memcpy(meta.magic, magic, sizeof magic);
  struct op op = meta_op(OP_PUT, &meta), *ops[] = {&op};
  int code = peer.commit(store->db, ops, 1, store->config.sync.kind == SYNC_ALWAYS);
  if (!code) code = op.status;
  return code ? code : peer.sync(store->db);
}

static int read_meta(struct store *store, struct meta *meta) {
  struct op op = meta_op(OP_GET, meta), *ops[] = {&op};
  struct peer_session *own = NULL;
  int code = peer.session_open ? peer.session_open(store->db, &own) : 0;
  if (code) return code;
  code = peer.read(store->db, own, ops, 1);
  if (own) peer.session_close(own);
  if (!code) code = op.status;
  bool ours = !code && op.value_length == sizeof *meta && memcmp(meta->magic, magic, sizeof magic) == 0;
  return code ? code : ours && record_size_allowed(meta->record_size) ? 0 : -EINVAL;
}

static int settle_record_size(struct store *store, struct error *error) {
  struct meta meta;
  int code = read_meta(store, &meta);
  if (code == -ENOENT || code == -EINVAL)
    return error_set(error, -EINVAL, "%s: not made by storebench; it has no record size", store->path);
  if (code) return error_set(error, code, "%s: cannot be read: %s", store->path, strerror(-code));
  if (store->config.record_size && store->config.record_size != meta.record_size)
    return error_set(error, -EINVAL, "%s: its records have %u bytes, not %u; use its own size", store->path,
                     meta.record_size, store->config.record_size);
  store->config.record_size = meta.record_size;
  return 0;
}

// ---- open and close

static int init(struct store *store, const char *path, const struct store_config *config) {
  store->config = *config;
  store->lock_fd = -1;
  store->path = strdup(path);
  if (!store->path) return -ENOMEM;
  int code = -pthread_mutex_init(&store->sessions_lock, NULL);
  if (!code) code = -pthread_mutex_init(&store->lock, NULL);
  return code ? code : -pthread_cond_init(&store->done, NULL);
}

static int destroy(struct store *store) {
  int code = store->db ? peer.close(store->db) : 0;
  if (store->lock_fd >= 0) close(store->lock_fd);
  pthread_cond_destroy(&store->done);
  pthread_mutex_destroy(&store->lock);
  pthread_mutex_destroy(&store->sessions_lock);
  free(store->path);
  free(store);
  return code;
}

// An empty file or folder for the peer to make its store in.
static int make_place(const char *path) {
  if (peer.folder) return mkdir(path, 0700) ? -errno : 0;
  int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  close(fd);
  return 0;
}

static int fill_place(struct store *store, const char *path, struct error *error) {
  int code = make_place(path);
  if (code) return error_set(error, code, "%s: cannot be made: %s", path, strerror(-code));
  code = peer.open(path, &store->config, &store->db, error);
  if (code) return code;
  if (!store->config.record_size) store->config.record_size = RECORD_SIZE_DEFAULT;
  code = write_meta(store);
  int closed = peer.close(store->db);
  store->db = NULL;
  if (!code) code = closed;
  return code ? error_set(error, code, "%s: cannot be made: %s", path, strerror(-code)) : 0;
}

static int not_removed(const char *path, int code, struct error *error) {
  return error_set(error, code, "%s: it or its lock file cannot be removed: %s; remove both", path, strerror(-code));
}

// Made beside its place and moved there when it is whole: a kill leaves either nothing or a store.
static int make_store(struct store *store, struct error *error) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s.new", store->path) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", store->path);
  int code = files_remove(path);  // of one that was killed
  if (code) return not_removed(path, code, error);
  code = fill_place(store, path, error);
  if (!code && renameat2(AT_FDCWD, path, AT_FDCWD, store->path, RENAME_NOREPLACE))
    code = error_set(error, -errno, "%s: cannot be made: %s", store->path, strerror(errno));
  int removed = files_remove(path);  // what is left: a lock file, or all of it
  if (!code && removed) return not_removed(path, removed, error);
  if (!code && (code = files_sync_folder(store->path)))
    error_set(error, code, "%s: its folder cannot be synced: %s; check the device", store->path, strerror(-code));
  return code;
}

static int open_locked(struct store *store, bool there, struct error *error) {
  int code = there ? 0 : make_store(store, error);
  if (code) return code;
  store->lock_fd = lock_path(store->path, store->config.read_only, error);
  if (store->lock_fd < 0) return store->lock_fd;
  code = peer.open(store->path, &store->config, &store->db, error);
  return code ? code : settle_record_size(store, error);
}

int peer_open(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  bool there = false;
  int code = check_path(path, config, &there, error);
  if (code) return code;
  struct store *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a store");
  code = init(opened, path, config);
  if (code) error_set(error, code, "no memory for a store");
  if (!code) code = open_locked(opened, there, error);
  if (!code && (code = interval_start(opened)))
    error_set(error, code, "the timer of syncs cannot start: %s", strerror(-code));
  if (code) {
    destroy(opened);  // the error that matters is the first one
    return code;
  }
  *store = opened;
  return 0;
}

int peer_close(struct store *store, struct error *error) {
  timer_stop(&store->timer);
  int code = atomic_load(&store->failed);
  if (!code && !store->config.read_only && !store->config.disposable && store->db) code = sync_written(store);
  int closed = destroy(store);
  if (!code) code = closed;
  return code ? error_set(error, code, "closing the store: %s", strerror(-code)) : 0;
}

static int try_store(const char *folder, const struct store_config *config, struct error *error) {
  char path[4096];
  struct store *store = NULL;
  struct store_config trial = {.sync = config->sync, .options = config->options, .create = true};
  if (snprintf(path, sizeof path, "%s/.probe-%ld", folder, (long)getpid()) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", folder);
  int code = peer_open(path, &trial, &store, error);
  if (store) code = peer_close(store, error);
  int removed = files_remove(path);
  return code || !removed ? code : not_removed(path, removed, error);
}

static int wait_for_trial(pid_t pid, int told, struct error *error) {
  int status;
  ssize_t got = read(told, error, sizeof *error);
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return error_set(error, -errno, "the store's trial: %s", strerror(errno));
  if (got == (ssize_t)sizeof *error) return error->code;
  if (WIFSIGNALED(status)) return error_set(error, -EIO, "opening a store ended with signal %d", WTERMSIG(status));
  return error_set(error, -EIO, "opening a store ended with exit code %d", WEXITSTATUS(status));
}

// In a process of its own: with what a peer starts when it opens a store, this one could not fork any more. Where that
// has started, it is this one.
int peer_probe(const char *folder, const struct store_config *config, struct error *error) {
  int ends[2];
  struct error why = {0};
  if (peer.started && peer.started()) return try_store(folder, config, error);
  if (pipe2(ends, O_CLOEXEC)) return error_set(error, -errno, "the store's trial: no pipe: %s", strerror(errno));
  pid_t pid = fork();
  if (pid == 0) {
    why.code = try_store(folder, config, &why);
    _exit(write(ends[1], &why, sizeof why) != (ssize_t)sizeof why);
  }
  int code = pid < 0 ? error_set(&why, -errno, "the store's trial: no process: %s", strerror(errno)) : 0;
  close(ends[1]);
  if (!code) code = wait_for_trial(pid, ends[0], &why);
  close(ends[0]);
  if (code && error) *error = why;
  return code;
}

// ---- the store as a whole

int with_store_alone(struct store *store, int (*change)(struct store *store)) {
  pthread_mutex_lock(&store->sessions_lock);
  for (struct session *s = store->sessions; s; s = s->next) {
    pthread_mutex_lock(&s->lock);
    if (s->own) peer.session_close(s->own);
    s->own = NULL;
  }
  int code = store->db ? change(store) : -EIO;
  for (struct session *s = store->sessions; s; s = s->next) {
    int opened = store->db && peer.session_open ? peer.session_open(store->db, &s->own) : 0;
    if (opened) s->own = NULL;
    if (!code) code = opened;
    pthread_mutex_unlock(&s->lock);
  }
  pthread_mutex_unlock(&store->sessions_lock);
  return code;
}

int grow_store(struct store *store) {
  pthread_mutex_lock(&store->lock);
  store->growths++;
  pthread_mutex_unlock(&store->lock);
  return peer.grow(store->db);
}

// With `between` while it is closed.
static int open_again(struct store *store, int (*between)(const char *path)) {
  struct error ignored;
  struct store_config config = store->config;
  config.create = config.exclusive = false;
  int code = peer.close(store->db);
  store->db = NULL;
  if (!code) code = between(store->path);
  int opened = peer.open(store->path, &config, &store->db, &ignored);
  if (opened) store->db = NULL;
  return code ? code : opened;
}

static int forget_alone(struct store *store) {
  int code = store->config.read_only ? 0 : sync_written(store);
  if (code) return code;
  code = open_again(store, files_drop);
  if (code || !peer.drain) return code;
  // Opening has put what stood in the log into a table, and begun what is due then.
  code = peer.drain(store->db);
  if (code < 0) return code;
  return code ? open_again(store, files_drop) : files_drop(store->path);
}

int peer_forget(struct store *store) { return with_store_alone(store, forget_alone); }

int peer_sync(struct store *store) {
  pthread_mutex_lock(&store->sessions_lock);
  int code = store->config.read_only ? 0 : sync_written(store);
  pthread_mutex_unlock(&store->sessions_lock);
  return code;
}

static void compact_path(const char *path, char *copy, size_t room) { snprintf(copy, room, "%s.compact", path); }

// The copy is complete and on the device before it takes the store's place.
static int replace(const char *path) {
  char copy[4096];
  compact_path(path, copy, sizeof copy);
  return rename(copy, path) ? -errno : files_sync_folder(path);
}

static int lock_new_file(struct store *store) {
  struct error ignored;
  int fd = lock_path(store->path, store->config.read_only, &ignored);
  if (fd < 0) return fd;
  close(store->lock_fd);
  store->lock_fd = fd;
  return 0;
}

static int compact_alone(struct store *store) {
  char copy[4096];
  int code = sync_written(store);
  if (code) return code;
  if (peer.compact) return peer.compact(store->db);
  compact_path(store->path, copy, sizeof copy);
  unlink(copy);  // of a compaction that was killed
  code = peer.rewrite(store->db, copy);
  if (code) {
    unlink(copy);
    return code;
  }
  code = open_again(store, replace);
  return code ? code : lock_new_file(store);
}

int peer_compact(struct store *store, struct error *error) {
  if (store->config.read_only) return error_set(error, -EROFS, "the store is open for reading only");
  int code = with_store_alone(store, compact_alone);
  return code ? error_set(error, code, "compaction: %s", strerror(-code)) : 0;
}

int peer_tell(setting_fn tell, void *user, const char *name, const char *format, ...) {
  char text[128];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return tell(user, name, text);
}

int peer_settings(struct session *session, setting_fn tell, void *user) {
  struct store *store = session->store;
  if (!peer.settings) return 0;
  pthread_mutex_lock(&session->lock);
  int code = store->db ? peer.settings(store->db, tell, user) : -EIO;
  pthread_mutex_unlock(&session->lock);
  return code;
}

int peer_stat(struct store *store, struct store_stat *stat) {
  *stat = (struct store_stat){.record_size = store->config.record_size, .bytes_written = STAT_UNKNOWN};
  pthread_mutex_lock(&store->sessions_lock);
  int code = store->db ? peer.stat(store->db, stat) : -EIO;
  if (!code) code = files_measure(store->path, stat);
  pthread_mutex_unlock(&store->sessions_lock);
  pthread_mutex_lock(&store->lock);
  stat->syncs = store->syncs;
  stat->growths = store->growths;
  stat->window_max_ns = store->window_max_ns;
  pthread_mutex_unlock(&store->lock);
  return code;
}
