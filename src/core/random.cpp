#include <c10/core/DeviceGuard.h>
#include <cebm/random.h>
#include <torch/types.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/rows.h"
#include "kernels/arithmetic.h"
#include "kernels/cuda/runtime.h"

namespace cebm {

namespace {

kernels::Counter counter_of(RandomKey key, const std::int64_t* chains) {
  if (key.step >> 56 != 0)
    throw std::invalid_argument("random step " + std::to_string(key.step) + " is not below 2^56");
  return {.seed = key.seed, .stream = static_cast<std::uint32_t>(key.stream), .step = key.step, .chains = chains};
}

torch::Tensor empty_rows(torch::IntArrayRef shape) {
  const auto format = shape.size() == 4 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  return torch::empty(shape, torch::TensorOptions(torch::kFloat32).memory_format(format));
}

torch::Tensor consecutive_chains(torch::IntArrayRef shape, std::uint32_t first) {
  if (shape.empty()) throw std::invalid_argument("random numbers: expected a shape [B, ...], found []");
  return torch::arange(std::int64_t{first}, std::int64_t{first} + shape[0], torch::kInt64);
}

/// Unbiased integers below a bound out of one chain's 64-bit words (Lemire 2019: a multiplication, and a division
/// only where a word may have to be rejected).
class BoundedIntegers {
 public:
  explicit BoundedIntegers(RandomKey key) : key_(key) {}

  std::int64_t below(std::int64_t bound) {
    __extension__ using Wide = unsigned __int128;
    const auto range = static_cast<std::uint64_t>(bound);
    Wide product = Wide{next()} * range;
    if (static_cast<std::uint64_t>(product) < range) {
      const std::uint64_t threshold = (0 - range) % range;
      while (static_cast<std::uint64_t>(product) < threshold) product = Wide{next()} * range;
    }
    return static_cast<std::int64_t>(product >> 64);
  }

 private:
  std::uint64_t next() { return random_bits(key_, /*chain=*/0, index_++); }

  RandomKey key_;
  std::uint32_t index_ = 0;
};

void check_count(std::int64_t n, const char* function) {
  if (n < 0 || n > std::int64_t{1} << 31) {
    throw std::invalid_argument(std::string(function) + ": expected 0 <= n <= 2^31, found " + std::to_string(n));
  }
}

}  // namespace

void fill_uniform(const torch::Tensor& out, RandomKey key, const torch::Tensor& chains, float low, float high) {
  const kernels::Rows rows = rows_of(out, chains, "fill_uniform");
  const kernels::Counter counter = counter_of(key, chains.const_data_ptr<std::int64_t>());
  if (out.is_cuda()) {
    const c10::DeviceGuard guard(out.device());
    kernels::cuda::fill_uniform(out.data_ptr<float>(), rows, counter, low, high,
                                kernels::cuda::current_stream(out.device().index()));
  } else {
    kernels::cpu::fill_uniform(out.data_ptr<float>(), rows, counter, low, high);
  }
}

void fill_normal(const torch::Tensor& out, RandomKey key, const torch::Tensor& chains) {
  const kernels::Rows rows = rows_of(out, chains, "fill_normal");
  const kernels::Counter counter = counter_of(key, chains.const_data_ptr<std::int64_t>());
  if (out.is_cuda()) {
    const c10::DeviceGuard guard(out.device());
    kernels::cuda::fill_normal(out.data_ptr<float>(), rows, counter,
                               kernels::cuda::current_stream(out.device().index()));
  } else {
    kernels::cpu::fill_normal(out.data_ptr<float>(), rows, counter);
  }
}

torch::Tensor uniform(torch::IntArrayRef shape, RandomKey key, float low, float high, std::uint32_t first_chain) {
  const torch::Tensor chains = consecutive_chains(shape, first_chain);
  const torch::Tensor out = empty_rows(shape);
  fill_uniform(out, key, chains, low, high);
  return out;
}

torch::Tensor normal(torch::IntArrayRef shape, RandomKey key, std::uint32_t first_chain) {
  const torch::Tensor chains = consecutive_chains(shape, first_chain);
  const torch::Tensor out = empty_rows(shape);
  fill_normal(out, key, chains);
  return out;
}

std::uint64_t random_bits(RandomKey key, std::uint32_t chain, std::uint32_t index) {
  const std::int64_t id = chain;
  const philox4x32_ctr_t bits = kernels::random_quad(kernels::row_key(counter_of(key, &id), 0), index / 2);
  const std::uint32_t first = 2 * (index % 2);
  return std::uint64_t{bits.v[first + 1]} << 32 | bits.v[first];
}

double random_unit(RandomKey key, std::uint32_t chain, std::uint32_t index) {
  return static_cast<double>(random_bits(key, chain, index) >> 11) * 0x1p-53;
}

std::vector<std::int64_t> random_permutation(std::int64_t n, RandomKey key) {
  check_count(n, "random_permutation");
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  BoundedIntegers integers(key);
  for (std::int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[integers.below(i + 1)]);
  return order;
}

std::vector<std::int64_t> random_subset(std::int64_t n, std::int64_t count, RandomKey key) {
  check_count(n, "random_subset");
  if (count < 0 || count > n) {
    throw std::invalid_argument("random_subset: expected 0 <= count <= " + std::to_string(n) + ", found " +
                                std::to_string(count));
  }
  // The first `count` swaps of a shuffle of 0 .. n-1; only the entries that moved are stored.
  std::unordered_map<std::int64_t, std::int64_t> moved;
  const auto entry = [&](std::int64_t i) {
    const auto found = moved.find(i);
    return found == moved.end() ? i : found->second;
  };
  BoundedIntegers integers(key);
  std::vector<std::int64_t> chosen;
  chosen.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t j = i + integers.below(n - i);
    chosen.push_back(entry(j));
    moved[j] = entry(i);
  }
  return chosen;
}

}  // namespace cebm
