#include "machine.h"

#include <cebm/machine.h>
#include <omp.h>

#include <algorithm>
#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench {

namespace {

constexpr int kSums = 12;  // enough in flight to hide an instruction's latency
constexpr int kRounds = 4000000;

/// Rounds of kSums vector instructions; returns operations done.
using Loop = double (*)();

volatile float sink;

double plain_loop() {
  float sums[kSums] = {};
  for (int r = 0; r < kRounds; ++r) {
    for (float& sum : sums) sum = sum * 0.999F + 0.5F;
  }
  for (const float sum : sums) sink = sum;
  return 2.0 * kSums * kRounds;
}

#if defined(__x86_64__)
template <class Vector>
[[gnu::always_inline]] inline void finish(const Vector* sums) {
  for (int i = 0; i < kSums; ++i) sink = sums[i][0];
}

__attribute__((target("avx2,fma"))) double avx2_loop() {
  __m256 sums[kSums];
  for (__m256& sum : sums) sum = _mm256_set1_ps(1.0F);
  const __m256 factor = _mm256_set1_ps(0.999F);
  for (int r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, factor);
  }
  for (const __m256& sum : sums) sink = _mm256_cvtss_f32(sum);
  return 2.0 * 8 * kSums * kRounds;
}

__attribute__((target("avx512f"))) double avx512_loop() {
  __m512 sums[kSums];
  for (__m512& sum : sums) sum = _mm512_set1_ps(1.0F);
  const __m512 factor = _mm512_set1_ps(0.999F);
  for (int r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, factor);
  }
  for (const __m512& sum : sums) sink = _mm512_cvtss_f32(sum);
  return 2.0 * 16 * kSums * kRounds;
}

__attribute__((target("avx512f,avx512bf16"))) double bf16_loop() {
  __m512 sums[kSums];
  for (__m512& sum : sums) sum = _mm512_set1_ps(1.0F);
  const auto factor = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3a803a80));
  for (int r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
  }
  for (const __m512& sum : sums) sink = _mm512_cvtss_f32(sum);
  return 4.0 * 16 * kSums * kRounds;
}

Loop float32_loop() {
  if (__builtin_cpu_supports("avx512f")) return avx512_loop;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_loop;
  return plain_loop;
}

Loop bfloat16_loop() { return __builtin_cpu_supports("avx512bf16") ? bf16_loop : nullptr; }
#else
Loop float32_loop() { return plain_loop; }
Loop bfloat16_loop() { return nullptr; }
#endif

/// The best of three rounds on all threads at once.
double rate(Loop loop, int threads) {
  double best = 0.0;
  for (int round = 0; loop != nullptr && round < 3; ++round) {
    double operations = 0.0;
    const auto start = std::chrono::steady_clock::now();
#pragma omp parallel num_threads(threads) reduction(+ : operations)
    operations += loop();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::max(best, operations / time.count());
  }
  return best;
}

}  // namespace

Machine this_machine(int threads) {
  return {cebm::processor_name(), threads, {rate(float32_loop(), threads), rate(bfloat16_loop(), threads)}};
}

}  // namespace bench
