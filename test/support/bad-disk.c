// A disk that answers EIO: loaded before the C library (LD_PRELOAD), it fails calls on files of $BAD_DISK_FOLDER as the file
// $BAD_DISK_PLAN says at that moment, one rule a line:
//
//   sync             fsync and fdatasync of .log files; what was written since the last one that worked is lost, as Linux does
//                    with pages whose writing failed (https://lwn.net/Articles/752063/), and the next one succeeds
//   write            writes to .log files
//   unlink           removing files
//   open ENDING      opening files whose names end so
//   read FROM TO     reads of .log files that touch bytes FROM to TO
//   read-ack         reads of .ack files

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096

/** How much of each descriptor's file is on the disk. */
static off_t synced[FILES];

static int planned(const char *rule, off_t from, off_t to, const char *name) {
  const char *plan = getenv("BAD_DISK_PLAN");
  if (!plan) return 0;
  int fd = syscall(SYS_openat, AT_FDCWD, plan, O_RDONLY);
  if (fd < 0) return 0;
  char text[4096];
  ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return 0;
  text[length] = 0;
  char *rest = text, *line;
  while ((line = strsep(&rest, "\n"))) {
    char word[32], ending[64];
    long long first, last;
    if (sscanf(line, "%31s", word) != 1 || strcmp(word, rule)) continue;
    if (!strcmp(word, "open")) {
      if (!name || sscanf(line, "%*s %63s", ending) != 1) continue;
      size_t whole = strlen(name), part = strlen(ending);
      if (whole >= part && !strcmp(name + whole - part, ending)) return 1;
    } else if (!strcmp(word, "read")) {
      if (sscanf(line, "%*s %lld %lld", &first, &last) == 2 && from < last && to > first) return 1;
    } else return 1;
  }
  return 0;
}

/** Whether it is a file of the folder whose name ends so. */
static int is(int fd, const char *ending) {
  const char *folder = getenv("BAD_DISK_FOLDER");
  char link[64], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, name, sizeof name - 1);
  if (!folder || length < 0) return 0;
  name[length] = 0;
  size_t part = strlen(ending);
  return !strncmp(name, folder, strlen(folder)) && (size_t)length >= part && !strcmp(name + length - part, ending);
}

static int eio(void) {
  errno = EIO;
  return -1;
}

static off_t end_of(int fd) {
  return lseek(fd, 0, SEEK_END);
}

static int sync_with(int fd, const char *name) {
  int (*real)(int) = dlsym(RTLD_NEXT, name);
  if (!is(fd, ".log") || fd >= FILES) return real(fd);
  if (planned("sync", 0, 0, 0)) {
    static const char zeros[65536];
    off_t end = end_of(fd);
    while (synced[fd] < end) {
      off_t piece = end - synced[fd] < (off_t)sizeof zeros ? end - synced[fd] : (off_t)sizeof zeros;
      if (syscall(SYS_pwrite64, fd, zeros, piece, synced[fd]) != piece) break;
      synced[fd] += piece;
    }
    return eio();
  }
  int result = real(fd);
  if (result == 0) synced[fd] = end_of(fd);
  return result;
}

int fsync(int fd) { return sync_with(fd, "fsync"); }
int fdatasync(int fd) { return sync_with(fd, "fdatasync"); }

int close(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "close");
  if (fd >= 0 && fd < FILES) synced[fd] = 0;
  return real(fd);
}

static int fails_to_write(int fd) { return is(fd, ".log") && planned("write", 0, 0, 0); }

ssize_t write(int fd, const void *bytes, size_t count) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  return fails_to_write(fd) ? eio() : real(fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
  return fails_to_write(fd) ? eio() : real(fd, bytes, count, at);
}

#define PWRITEV(name)                                                                             \
  ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {                          \
    ssize_t (*real)(int, const struct iovec *, int, off_t) = dlsym(RTLD_NEXT, #name);             \
    return fails_to_write(fd) ? eio() : real(fd, parts, count, at);                               \
  }

// Node.js looks for either name.
PWRITEV(pwritev)
PWRITEV(pwritev64)

static int fails_to_read(int fd, off_t at, size_t count) {
  if (is(fd, ".log")) return planned("read", at, at + (off_t)count, 0);
  return is(fd, ".ack") && planned("read-ack", 0, 0, 0);
}

ssize_t read(int fd, void *bytes, size_t count) {
  ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
  return fails_to_read(fd, 0, count) ? eio() : real(fd, bytes, count);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
  ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
  return fails_to_read(fd, at, count) ? eio() : real(fd, bytes, count, at);
}

#define OPEN(called)                                                                              \
  int called(const char *name, int flags, ...) {                                                  \
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #called);                              \
    va_list rest;                                                                                 \
    va_start(rest, flags);                                                                        \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                     \
    va_end(rest);                                                                                 \
    const char *folder = getenv("BAD_DISK_FOLDER");                                               \
    int is_ours = folder && !strncmp(name, folder, strlen(folder));                               \
    return is_ours && planned("open", 0, 0, name) ? eio() : real(name, flags, mode);              \
  }

OPEN(open)
OPEN(open64)

int unlink(const char *name) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  const char *folder = getenv("BAD_DISK_FOLDER");
  if (folder && !strncmp(name, folder, strlen(folder)) && planned("unlink", 0, 0, 0)) return eio();
  return real(name);
}
