// The machine that numbers were measured on.
#pragma once

#include <string>

namespace bench {

struct Peak {
  double float32 = 0.0;   ///< multiplications and additions per second, all threads together
  double bfloat16 = 0.0;  ///< 0: the processor has no such instructions
};

struct Machine {
  std::string processor;
  int threads = 1;
  Peak peak;
};

/// Measures the peak by a short loop of fused multiply-adds in registers on `threads` threads.
Machine this_machine(int threads);

}  // namespace bench
