// One body, compiled for several instruction sets and chosen at run time; without contraction all of them round alike.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CEBM_MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CEBM_MULTIVERSION
#endif
