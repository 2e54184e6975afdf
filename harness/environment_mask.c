// SPDX-License-Identifier: MIT
// What of the environment is nobody's business: folders of people, and values on the kernel's command line.
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/environment.h"
#include "harness/environment_internal.h"

// The folder of a person that begins here: its length, or 0.
static size_t home_at(const char *text) {
  static const char *const homes[] = {"/home/", "/Users/"};
  for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
    size_t length = strlen(homes[i]);
    if (strncmp(text, homes[i], length) == 0) return length + strcspn(text + length, "/ ,:;\"'");
  }
  static const char root[] = "/root";
  size_t length = sizeof root - 1;
  return strncmp(text, root, length) == 0 && !isalnum((unsigned char)text[length]) ? length : 0;
}

void environment_mask_homes(const char *text, char *masked, size_t room) {
  size_t length = 0;
  while (*text && length + 1 < room) {
    size_t home = home_at(text);
    masked[length++] = home ? '~' : *text;
    text += home ? home : 1;
  }
  masked[length] = '\0';
}

// What changes speed, and never holds a secret.
static bool is_known(const char *word, size_t length) {
  static const char *const known[] = {"amd_iommu",
                                      "amd_pstate",
                                      "audit",
                                      "cgroup_disable",
                                      "cgroup_enable",
                                      "cgroup_no_v1",
                                      "clocksource",
                                      "cpuidle.off",
                                      "default_hugepagesz",
                                      "elevator",
                                      "hugepages",
                                      "hugepagesz",
                                      "idle",
                                      "intel_idle.max_cstate",
                                      "intel_iommu",
                                      "intel_pstate",
                                      "iommu",
                                      "iommu.passthrough",
                                      "isolcpus",
                                      "kpti",
                                      "maxcpus",
                                      "mem",
                                      "mitigations",
                                      "nohz",
                                      "nohz_full",
                                      "noibrs",
                                      "nopti",
                                      "nosmt",
                                      "nospectre_v2",
                                      "nr_cpus",
                                      "numa_balancing",
                                      "nvme.poll_queues",
                                      "nvme_core.default_ps_max_latency_us",
                                      "pci",
                                      "preempt",
                                      "processor.max_cstate",
                                      "psi",
                                      "pti",
                                      "quiet",
                                      "rcu_nocbs",
                                      "ro",
                                      "rw",
                                      "spectre_v2",
                                      "swapaccount",
                                      "systemd.unified_cgroup_hierarchy",
                                      "threadirqs",
                                      "transparent_hugepage",
                                      "tsc",
                                      "zswap.enabled"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strlen(known[i]) == length && strncmp(known[i], word, length) == 0) return true;
  return false;
}

static bool is_name(const char *word, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)word[i]) && !strchr("_.-", word[i])) return false;
  return length > 0 && length <= 40;
}

void environment_mask_command_line(const char *line, char *masked, size_t room) {
  size_t length = 0;
  masked[0] = '\0';
  for (; length < room && *(line += strspn(line, " \n")); line += strcspn(line, " \n")) {
    size_t whole = strcspn(line, " \n"), name = strcspn(line, "= \n");
    const char *blank = length ? " " : "";
    int added;
    if (whole == 2 && strncmp(line, "--", 2) == 0) return;  // what follows is init's
    if (is_known(line, name))
      added = snprintf(masked + length, room - length, "%s%.*s", blank, (int)whole, line);
    else if (name < whole && is_name(line, name))
      added = snprintf(masked + length, room - length, "%s%.*s=*", blank, (int)name, line);
    else
      added = snprintf(masked + length, room - length, "%s*", blank);
    length += (size_t)added;
  }
}
