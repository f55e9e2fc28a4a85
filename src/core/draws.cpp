#include <cebm/draws.h>

#include <utility>

namespace cebm {

namespace {

/// A different key for every index, and `key` itself for 0. Mixes the seed by the finaliser of SplitMix64 (Steele et
/// al. 2014).
RandomKey numbered(RandomKey key, std::uint64_t index) {
  if (index == 0) return key;
  std::uint64_t bits = key.seed + index * 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
  key.seed = bits ^ (bits >> 31U);
  return key;
}

/// Numbers of the keys of one Draws: 4 i for normal numbers, 4 i + 1 for uniform numbers, 4 i + 2 for parts.
constexpr std::uint64_t kUses = 4;

torch::TensorOptions single_precision(const torch::TensorOptions& options) { return options.dtype(torch::kFloat32); }

}  // namespace

Draws::Draws(RandomKey key, torch::Tensor chains, torch::TensorOptions options)
    : key_(key), chains_(std::move(chains)), options_(options) {}

Draws Draws::of_rows(const torch::Tensor& rows) const {
  return {key_, chains_.index_select(0, rows.to(chains_.device())), options_};
}

torch::Tensor Draws::normal(std::uint32_t index, std::int64_t width) const {
  const torch::Tensor numbers = torch::empty({rows(), width}, single_precision(options_));
  fill_normal(numbers, numbered(key_, kUses * index), chains_);
  return numbers.to(options_);
}

torch::Tensor Draws::uniform(std::uint32_t index, std::int64_t width) const {
  const torch::Tensor numbers = torch::empty({rows(), width}, single_precision(options_));
  fill_uniform(numbers, numbered(key_, kUses * index + 1), chains_);
  return numbers.clamp_min_(0x1p-25).to(options_);  // with 24 random bits, one number in 16 million is zero
}

Draws Draws::part(std::uint32_t index) const { return {numbered(key_, kUses * index + 2), chains_, options_}; }

}  // namespace cebm
