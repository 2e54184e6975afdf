// SPDX-License-Identifier: MIT
// The few functions of the timed loop that move whole values: compiled once more for processors with AVX2, chosen as
// the program is loaded. Half the instructions there, which every operation of every engine pays.
#ifndef STOREBENCH_WIDE_H
#define STOREBENCH_WIDE_H

// Not under sanitizers: the choice is made before their runtime is up.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_VECTORS
#endif

#endif
