/// The machine that a program runs on, and the program's build.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace cebm {

/// CPU quota of this process's control groups, in processors: the least quota of its group and of the groups above it,
/// cpu.max in version 2, cpu.cfs_quota_us / cpu.cfs_period_us in version 1. Nothing if there is no limit. `root` is the
/// folder that contains proc and sys.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// Default number of threads: LibTorch's, but at most the processors in the affinity mask and at most the quota rounded
/// up. OMP_NUM_THREADS, if set, overrides all of them.
int default_threads();

/// "AMD EPYC 7B13 64-Core Processor", as the system calls it.
std::string processor_name();
/// The instruction set of our own CPU kernels on this machine: "AMX", "AVX-512 BF16", "AVX-512", "AVX2", "generic".
std::string instruction_set();

/// "0.1.0".
std::string version();
/// Several lines: version and, if known, the commit at configure time; LibTorch; CUDA; instruction set;
/// processor and default threads.
std::string describe_build();

}  // namespace cebm
