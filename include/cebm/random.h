/// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011: "Parallel random numbers: as easy as 1, 2, 3").
///
/// Every number is a pure function of (seed, stream, chain, step, element). There is no generator object and no
/// state: a result does not depend on batch size, thread count, device or rank, and a resumed run needs nothing but
/// its step number to continue with the same numbers.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace cebm {

/// What a random number is used for. Streams with the same seed are independent of each other.
/// The values are part of the checkpoint format: never renumber, only append.
enum class Stream : std::uint8_t {
  weights = 1,              ///< initial weights; chain = index of the parameter
  bias = 2,                 ///< initial parameters of a bias
  data_order = 3,           ///< shuffling; step = epoch
  data_noise = 4,           ///< noise added to images; chain = row of the batch
  buffer_draw = 5,          ///< which slots are drawn, which are restarted
  chain_start = 6,          ///< uniform noise that chains start from; chain = slot
  langevin = 7,             ///< noise of the Langevin steps; chain = slot
  latent = 8,               ///< samples of latent variables
  synthetic_data = 9,       ///< synthetic data sets
  evaluation = 10,          ///< draws made by evaluators
  importance = 11,          ///< samples of importance-weighted bounds
  image_noise = 12,         ///< noise on a discriminator's images; chain = row of the batch
  dropout = 13,             ///< channels that are dropped; chain = row of the batch
  encoder_dropout = 14,     ///< channels that a BiGAN's encoder drops; chain = row of the batch
  acceptance = 20,          ///< uniform numbers of Metropolis rules; chain = slot
  start_image = 21,         ///< which training image a chain starts from; chain = slot
  start_noise = 22,         ///< normal numbers of chain starts; chain = slot
  gaussian_fit = 23,        ///< images and initial directions of the fit of a Gaussian to the data
  power_iteration = 24,     ///< initial vectors of the power method for a weight's largest singular value
  labelled_images = 30,     ///< which images keep their labels; step = class
  augmentation = 31,        ///< changes of data images; chain = place of the image in its set
  chain_augmentation = 32,  ///< changes of chains; chain = slot
  pair_view = 33,           ///< views of an image; chain = place of the image in its set, step = 2 step + view
  label_view = 34,          ///< images whose labels are learned; chain = place of the image in its set
  score_noise = 35,         ///< noise of denoising score matching; chain = place of the image in its set
  projection = 40,          ///< random projections of chains; chain = direction
  annealing_start = 41,     ///< draws from an annealing's base distribution; chain = chain
  annealing = 42,           ///< momenta and acceptances of an annealing; chain = chain
  dequantization = 43,      ///< dequantisation noise of pixels; chain = image
  corruption = 44,          ///< noise on images that are to be restored; chain = image
  user = 64,                ///< first value free for code outside the library
};

/// Names one stream of numbers at one step.
struct RandomKey {
  std::uint64_t seed = 0;
  Stream stream = Stream::user;
  std::uint64_t step = 0;  ///< below 2^56
};

/// Writes U[low, high) into `out` [B, ...] (float32, dense; 4-D tensors channels-last). Row b uses chain chains[b];
/// the element index is the offset inside the row in memory, so in NHWC order for images.
/// `chains` is an int64 tensor [B] on the device of `out`, values in [0, 2^32).
/// Throws std::invalid_argument if shapes, types, devices or memory formats do not fit.
void fill_uniform(const torch::Tensor& out, RandomKey key, const torch::Tensor& chains, float low = 0.0F,
                  float high = 1.0F);

/// Writes N(0, 1) into `out`; otherwise as fill_uniform.
void fill_normal(const torch::Tensor& out, RandomKey key, const torch::Tensor& chains);

/// A new float32 tensor of U[low, high) or N(0, 1) with the given shape on the CPU; row b uses chain `first_chain` + b.
torch::Tensor uniform(torch::IntArrayRef shape, RandomKey key, float low = 0.0F, float high = 1.0F,
                      std::uint32_t first_chain = 0);
torch::Tensor normal(torch::IntArrayRef shape, RandomKey key, std::uint32_t first_chain = 0);

/// The 64-bit random word number `index` of chain `chain`.
std::uint64_t random_bits(RandomKey key, std::uint32_t chain, std::uint32_t index);

/// Uniform double in [0, 1) from random_bits.
double random_unit(RandomKey key, std::uint32_t chain, std::uint32_t index);

/// A uniform permutation of 0 .. n-1 (Fisher-Yates, unbiased bounded integers).
std::vector<std::int64_t> random_permutation(std::int64_t n, RandomKey key);

/// `count` different numbers of 0 .. n-1 in random order, in O(count) time and memory.
/// Throws std::invalid_argument if count > n.
std::vector<std::int64_t> random_subset(std::int64_t n, std::int64_t count, RandomKey key);

}  // namespace cebm
