// Becomes another program under the restrictions that systemd's SystemCallFilter= and RestrictAddressFamilies= put on it.
// allowed-calls.h, made by the test, lists ALLOW(name) for every allowed call; what it does not list fails with EPERM.

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "no system-call filter for this architecture"
#endif

static struct sock_filter program[4096];
static unsigned short length;

static void add(struct sock_filter instruction) {
  if (length == sizeof program / sizeof *program) {
    fprintf(stderr, "seccomp-run: the filter is too long\n");
    exit(126);
  }
  program[length++] = instruction;
}

// Answers the call with `verdict`; what is compared is in the accumulator.
static void when(unsigned value, unsigned verdict) {
  add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void load(unsigned offset) {
  add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

int main(int count, char **arguments) {
  if (count < 2) return 126;
  load(offsetof(struct seccomp_data, arch));
  add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  load(offsetof(struct seccomp_data, nr));
#ifdef __NR_clone3
  // RestrictNamespaces= can not look into its arguments, so that systemd says there is no such call.
  when(__NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 8));
  load(offsetof(struct seccomp_data, args[0]));
  when(AF_UNIX, SECCOMP_RET_ALLOW);
  when(AF_INET, SECCOMP_RET_ALLOW);
  when(AF_INET6, SECCOMP_RET_ALLOW);
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT));
#define ALLOW(name) when(__NR_##name, SECCOMP_RET_ALLOW);
#include "allowed-calls.h"
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  struct sock_fprog filter = {.len = length, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    perror("seccomp-run");
    return 126;
  }
  execv(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 127;
}
