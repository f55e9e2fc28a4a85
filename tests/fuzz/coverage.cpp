// Block coverage for libFuzzer, which reads whatever bytes lie in this section as counters.
#include <cstddef>
#include <cstdint>

namespace {

constexpr int kBits = 15;
[[gnu::section("__libfuzzer_extra_counters")]] std::uint8_t counters[std::size_t{1} << kBits];

}  // namespace

extern "C" char __executable_start;

// Called at every block; the linker's --wrap puts it in the place of the function without __wrap_.
extern "C" void __wrap___sanitizer_cov_trace_pc() {
  const auto block = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) -
                     reinterpret_cast<std::uintptr_t>(&__executable_start);
  ++counters[(block * 0x9E3779B97F4A7C15U) >> (64 - kBits)];
}

// g++ also announces comparisons of floating-point numbers, of which libFuzzer makes no use.
extern "C" void __sanitizer_cov_trace_cmpf(float, float) {}
extern "C" void __sanitizer_cov_trace_cmpd(double, double) {}
