// SPDX-License-Identifier: MIT
// The few functions of the timed loop that move whole values or make keys: compiled once more for processors with AVX2,
// chosen as the program is loaded or as a client is opened. Half the instructions there, which every operation of every
// engine pays.
#ifndef STOREBENCH_WIDE_H
#define STOREBENCH_WIDE_H

// Not under sanitizers: the choice is made before their runtime is up.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_VECTORS
#endif

// For code that is written for AVX2 by hand: whether the compiler can make it (then WIDE_AVX2 stands before such a
// function), and whether the processor here can run it.
#ifdef __x86_64__
#define WIDE_AVX2 __attribute__((target("avx2")))
static inline int wide_has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#endif

#endif
