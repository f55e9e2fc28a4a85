/// Drawing images from a trained energy-based model: where chains start, long chains in bounded memory, traces.
#pragma once

#include <cebm/ranks.h>
#include <cebm/run.h>
#include <cebm/sampler.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cebm {

/// Images to complete or to denoise, a condition each: chains of p(x_free | x_held) or of p(x | noisy).
struct Restoration {
  torch::Tensor images = {};  ///< float [N, C, H, W] in [-1, 1]; undefined: nothing is restored
  /// [1, 1 or C, H, W] float32, 1 where a pixel is filled in and 0 where it is held; undefined: all are filled in.
  torch::Tensor free = {};
  double sigma = 0.0;  ///< std of the noise on the images; 0: none
  /// T of the images' density exp{-E(x) / T} before the noise; none: the sampler's stationary temperature, at the last
  /// training step.
  std::optional<double> temperature = {};
};

/// Where chains start: "noise" (uniform on [-1, 1]), "buffer" or "data" (different images of the run's replay buffer or
/// training set, drawn by seed), "data_noise" or "gaussian" (chain_starts.h), or an .npy file of float images [N, C, H,
/// W] in [-1, 1]: chain i starts from image i.
///
/// What they are conditioned on: a latent code, a mixture component or an image to restore for each group of
/// `count` chains, or nothing.
struct SampleRequest {
  std::string init = "noise";
  /// Chains, or chains for each condition. By default as many as an .npy file has images for, otherwise 64.
  std::optional<std::int64_t> count = {};
  std::int64_t steps = 500;
  std::uint64_t seed = 1;
  torch::Tensor codes = {};                   ///< z, [N, K]: chains of p(x | z)
  std::vector<std::int64_t> components = {};  ///< y: chains of p(x | y)
  /// > 0: chains of p(x, z), if the sampler's stationary temperature is 1, with this many steps for each draw of z.
  std::int64_t joint_steps = 0;
  std::int64_t trace_chains = 0;   ///< chains whose path is recorded; 0: none
  std::int64_t trace_points = 10;  ///< images of each such path, at least 1
  std::int64_t batch_size = 256;   ///< chains advanced together, at least 1; the result does not depend on it
  std::filesystem::path data_root = {};
  /// Models whose energies are added to the run's: chains of the product of the densities.
  std::vector<std::shared_ptr<EnergyModel>> others = {};
  Restoration restoration = {};  ///< `count` chains for each of its images
  /// Ranks that draw together, each with the same request; all get the whole result.
  std::shared_ptr<Ranks> ranks = single_rank();
  torch::Tensor start = {};  ///< float32 images [N, C, H, W] that chains start from in their order, in place of `init`
  std::shared_ptr<const Choice<SamplerEntry>> sampler = {};  ///< its settings; none: sampler_settings() of the run
};

/// The images of the run's replay buffer, [N, C, H, W]; undefined where it keeps none.
torch::Tensor replay_images(const OpenedRun& run);

/// noise, buffer, data, data_noise, gaussian.
std::span<const std::string> chain_start_names();

/// What errors call the settings of a start.
struct StartSettings {
  std::string init = "init";
  std::string count = "count";
};

/// `count` images to start chains from, by name as in SampleRequest::init. Calls `data()` for the training images only
/// if the start needs them. Throws ConfigError for another name or too few images.
torch::Tensor chain_starts(const OpenedRun& run, const std::string& init, std::int64_t count, std::uint64_t seed,
                           const std::function<std::shared_ptr<Dataset>()>& data, const StartSettings& settings = {});

/// The first chain step after the training's own, so that chains from there reuse no noise of the training. Throws
/// CheckpointError if the checkpoint's own number is malformed.
std::uint64_t first_free_step(const OpenedRun& run);

/// Latent codes from a file, [N, K]: an .npy of codes [K] or [N, K], an .npy of float images [C, H, W] or [N, C, H, W]
/// in [-1, 1], or a picture, which is cropped to the model's shape. Images are encoded.
/// Throws DataError if the file is none of these.
torch::Tensor read_codes(const OpenedRun& run, const std::filesystem::path& file, torch::Device device);

struct SampleResult {
  torch::Tensor images;  ///< [count, C, H, W] on the CPU
  torch::Tensor trace;   ///< [trace_chains * trace_points, C, H, W], chain by chain; undefined without a trace
  std::string engine;    ///< name of the engine that computed the energies, for people to read
};

/// The settings of the run's sampler as of the last training step: those of its configuration, with the step size that
/// rollbacks left.
Choice<SamplerEntry> sampler_settings(const OpenedRun& run);

/// The sampler of these settings, with schedules over the training and an adapted step size as of the last training
/// step. Throws ConfigError as the sampler's row.
std::shared_ptr<Sampler> trained_sampler(const OpenedRun& run, const Choice<SamplerEntry>& settings);
/// The same with sampler_settings(run).
std::shared_ptr<Sampler> trained_sampler(const OpenedRun& run);

/// T of the density that chains of these settings would have in the limit of small steps, as of the last training step.
double stationary_temperature(const OpenedRun& run, const Choice<SamplerEntry>& settings);

/// A warning where chains of p(x, z) by these settings would draw z at another temperature than x. Otherwise empty.
std::string joint_of_two_temperatures(const OpenedRun& run, const Choice<SamplerEntry>& settings);

/// A warning where the run's schedules have brought the step size of these settings to 0. Otherwise empty.
std::string why_chains_stand(const OpenedRun& run, const Choice<SamplerEntry>& settings);

/// A warning where these settings are not those of the run, and their step size is multiplied by the factor that the
/// training adapted all the same. Otherwise empty.
std::string adapted_besides(const OpenedRun& run, const Choice<SamplerEntry>& settings);

/// A warning where the sampler of these settings adapts its step size, but the checkpoint does not say to what, as
/// older exports do not: its chains take steps of the configured size. Otherwise empty.
std::string missing_adaptation(const OpenedRun& run, const Choice<SamplerEntry>& settings);

/// Called with the number of chain steps done and their total.
using SampleProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Throws ConfigError for count < 1, an unknown init, more chains than the start has images, a file's images that do
/// not fit the number of conditions, a model without an energy, more than one kind of condition, or a condition that
/// the model does not support, noise without a temperature to weigh it by, a start of another shape; DataError for an
/// unusable file; NumericsError if a chain's pixels are not finite; std::invalid_argument for a batch_size or
/// trace_points below 1.
SampleResult draw_samples(const OpenedRun& run, const SampleRequest& request, torch::Device device,
                          const SampleProgress& progress = {});

}  // namespace cebm
