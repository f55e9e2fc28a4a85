#include <ATen/Parallel.h>
#include <cebm/machine.h>
#include <omp.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "kernels/cpu/instruction_sets.h"
#include "kernels/cuda/runtime.h"

namespace cebm {

int default_threads() {
  // Read here: LibTorch takes MKL's number instead, which is never more than the cores.
  const char* const told = std::getenv("OMP_NUM_THREADS");
  const int wanted = told == nullptr ? 0 : std::atoi(told);
  if (wanted > 0) return wanted;
  const int threads = at::get_num_threads();
  const double quota = std::ceil(cpu_quota().value_or(threads));
  return std::max(1, std::min({threads, omp_get_num_procs(), static_cast<int>(std::min<double>(quota, threads))}));
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
  }
  return "unknown processor";
}

std::string instruction_set() { return kernels::cpu::available_conv_kernels().front()->name; }

std::string version() { return CEBM_VERSION; }

std::string describe_build() {
  const std::string commit = CEBM_COMMIT;
  const int threads = default_threads();
  return version() + (commit.empty() ? "" : " (configured at commit " + commit + ")") +
         "\nLibTorch " TORCH_VERSION "\n" + kernels::cuda::versions() + "\nkernels of our own: " + instruction_set() +
         "\n" + processor_name() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace cebm
