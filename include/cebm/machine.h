/// The machine that a program runs on, and what the program was made from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace cebm {

/// How many processors' time the control groups of this process leave it: the least quota of its group and of the
/// groups above it, cpu.max in version 2, cpu.cfs_quota_us / cpu.cfs_period_us in version 1. Nothing where there is no
/// limit. `root` stands for the folder that holds proc and sys.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// Threads of a program that is not told a number: those of LibTorch, but no more than the processors in the affinity
/// mask, nor than the quota rounded up. Where OMP_NUM_THREADS is set it decides alone.
int default_threads();

/// "AMD EPYC 7B13 64-Core Processor", as the system calls it.
std::string processor_name();
/// What our own kernels on the CPU use here: "AVX-512 BF16", "AVX-512", "AVX2", "generic".
std::string instruction_set();

/// "0.1.0".
std::string version();
/// Several lines: version and, where it was known, the commit at configuration; LibTorch; CUDA; instruction set;
/// processor and default threads.
std::string describe_build();

}  // namespace cebm
