// SPDX-License-Identifier: MIT
// Calls for memory, and for locks, which may need some (glibc's hold none). What the C library allocates for itself
// inside a call is out of reach.
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/inject.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void **memory, size_t alignment, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t most);
void __real_free(void *memory);
int __real_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes);
int __real_pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes);
int __real_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
int __wrap_asprintf(char **text, const char *format, ...);
void __wrap_free(void *memory);
int __wrap_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes);
int __wrap_pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes);
int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);

static bool fails(const char *name) {
  if (!inject_call(name, ASKS_FOR_MEMORY)) return false;
  errno = ENOMEM;
  return true;
}

void *__wrap_malloc(size_t bytes) {
  if (fails("malloc")) return NULL;
  void *memory = __real_malloc(bytes);
  inject_took(memory);
  return memory;
}

void *__wrap_calloc(size_t count, size_t bytes) {
  if (fails("calloc")) return NULL;
  void *memory = __real_calloc(count, bytes);
  inject_took(memory);
  return memory;
}

void *__wrap_realloc(void *memory, size_t bytes) {
  if (fails("realloc")) return NULL;
  uintptr_t before = (uintptr_t)memory;
  void *after = __real_realloc(memory, bytes);
  if (after) inject_gave((const void *)before);
  inject_took(after);
  return after;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  if (fails("aligned_alloc")) return NULL;
  void *memory = __real_aligned_alloc(alignment, bytes);
  inject_took(memory);
  return memory;
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes) {
  if (inject_call("posix_memalign", ASKS_FOR_MEMORY)) return ENOMEM;
  int code = __real_posix_memalign(memory, alignment, bytes);
  if (!code) inject_took(*memory);
  return code;
}

char *__wrap_strdup(const char *text) {
  if (fails("strdup")) return NULL;
  char *copy = __real_strdup(text);
  inject_took(copy);
  return copy;
}

char *__wrap_strndup(const char *text, size_t most) {
  if (fails("strndup")) return NULL;
  char *copy = __real_strndup(text, most);
  inject_took(copy);
  return copy;
}

int __wrap_asprintf(char **text, const char *format, ...) {
  if (fails("asprintf")) return -1;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(text, format, arguments);
  va_end(arguments);
  if (length >= 0) inject_took(*text);
  return length;
}

void __wrap_free(void *memory) {
  inject_gave(memory);
  __real_free(memory);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes) {
  if (fails("pthread_mutex_init")) return ENOMEM;
  return __real_pthread_mutex_init(lock, attributes);
}

int __wrap_pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes) {
  if (fails("pthread_rwlock_init")) return ENOMEM;
  return __real_pthread_rwlock_init(lock, attributes);
}

int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
  if (fails("pthread_cond_init")) return ENOMEM;
  return __real_pthread_cond_init(condition, attributes);
}
