#include <c10/core/GradMode.h>
#include <cebm/composed.h>
#include <cebm/config.h>
#include <cebm/errors.h>
#include <cebm/generation.h>
#include <cebm/image_io.h>
#include <cebm/joint.h>
#include <cebm/module_state.h>
#include <cebm/sampling.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "base/option_text.h"
#include "io/tensor_checksum.h"
#include "runs/own_data.h"
#include "runs/sampler_state.h"

namespace cebm {

namespace {

/// Throws ConfigError unless the start is float [N, C, H, W] of finite numbers. They may be beyond [-1, 1]: noisy
/// images are.
void require_start(const torch::Tensor& start, ImageShape image) {
  const bool fits = start.dim() == 4 && start.size(1) == image.channels && start.size(2) == image.height &&
                    start.size(3) == image.width && start.scalar_type() == torch::kFloat;
  if (!fits) {
    throw ConfigError("the given start: expected float32 images of shape [N, " + std::to_string(image.channels) + ", " +
                      std::to_string(image.height) + ", " + std::to_string(image.width) + "], found " +
                      c10::str(start.sizes(), " of ", start.scalar_type()));
  }
  if (!start.isfinite().all().item<bool>()) throw ConfigError("the given start: expected finite numbers");
}

void require_images(const torch::Tensor& images, std::int64_t count, const std::string& source,
                    const std::string& setting = StartSettings().count) {
  if (count <= images.size(0)) return;
  throw ConfigError(setting + ": " + std::to_string(count) + " chains in all, but " + source + " has only " +
                    std::to_string(images.size(0)) + " images");
}

/// `count` different images of `images` [N, C, H, W], by seed.
torch::Tensor choose(const torch::Tensor& images, std::int64_t count, std::uint64_t seed, const std::string& source,
                     const std::string& setting) {
  require_images(images, count, source, setting);
  const auto chosen = random_subset(images.size(0), count, {seed, Stream::evaluation, 0});
  return images.index_select(0, torch::tensor(chosen, torch::kLong));
}

/// Number of the starts (ChainStarts::fill), larger than any that a training reaches.
constexpr std::uint64_t kStartOfSamples = (std::uint64_t{1} << 56U) - 1;

bool is_file(const std::string& init) { return init.ends_with(".npy"); }

torch::Tensor read_start(const std::string& file, ImageShape image) {
  torch::Tensor images = read_npy(file);
  if (images.dim() != 4 || images.size(1) != image.channels || images.size(2) != image.height ||
      images.size(3) != image.width || !images.is_floating_point()) {
    throw DataError(file + ": expected float images of shape [N, " + std::to_string(image.channels) + ", " +
                    std::to_string(image.height) + ", " + std::to_string(image.width) + "], found " +
                    c10::str(images.sizes(), " of ", images.scalar_type()));
  }
  images = exact_numbers(images, torch::kFloat, file);
  require_pixel_range(images, 0.0, file);
  return images;
}

std::shared_ptr<Dataset> training_data(const OpenedRun& run, const SampleRequest& request) {
  return read_dataset(run.config->data, own_data(run, request.data_root, "train"));
}

/// Starts of the kind `init`, data_noise or gaussian, with the options of the run's buffer if it has one.
torch::Tensor starts_by_data(const OpenedRun& run, const std::string& init, std::int64_t count, std::uint64_t seed,
                             const std::shared_ptr<Dataset>& data) {
  const BufferOptions* const buffer = run.config->objective_options().kept_chains();
  ChainStartOptions options = buffer == nullptr ? ChainStartOptions{} : buffer->start;
  options.from = init == "gaussian" ? ChainStart::gaussian : ChainStart::data_noise;
  const ImageShape image = run.model->image_shape();
  ChainStarts starts(options, image, seed, start_images(data, torch::kCPU));
  const torch::Tensor rows = torch::empty({count, image.numel()});
  starts.fill(rows, torch::arange(count, torch::kInt64), kStartOfSamples);
  return rows.view({count, image.height, image.width, image.channels}).permute({0, 3, 1, 2});
}

/// The images from which the chains start. `file` holds the images of an .npy file if the request names one.
torch::Tensor starting_images(const OpenedRun& run, const SampleRequest& request, const torch::Tensor& file,
                              std::int64_t count) {
  if (request.start.defined()) {
    require_start(request.start, run.model->image_shape());
    require_images(request.start, count, "the given start");
    return request.start.narrow(0, 0, count);
  }
  if (file.defined()) {
    require_images(file, count, request.init);
    return file.narrow(0, 0, count);
  }
  return chain_starts(run, request.init, count, request.seed, [&] { return training_data(run, request); });
}

/// Records the images of the first chains at evenly spaced steps, including the start and the end.
class Trace {
 public:
  Trace(std::int64_t chains, std::int64_t points, std::int64_t steps)
      : chains_(chains), points_(std::min(points, steps + 1)), steps_(steps) {}

  void record(std::int64_t step, const torch::Tensor& x) {
    const auto taken = static_cast<std::int64_t>(frames_.size());
    if (taken >= points_ || step < taken * steps_ / std::max<std::int64_t>(1, points_ - 1)) return;
    frames_.push_back(x.narrow(0, 0, chains_).to(torch::kCPU).clone());
  }

  torch::Tensor images() const { return torch::stack(frames_, 1).flatten(0, 1); }

 private:
  std::int64_t chains_;
  std::int64_t points_;
  std::int64_t steps_;
  std::vector<torch::Tensor> frames_;
};

/// The energy that the chains follow, and their number.
class Target {
 public:
  /// With `count` chains for each condition.
  Target(const OpenedRun& run, const SampleRequest& request, const Choice<SamplerEntry>& sampler, std::int64_t count,
         torch::Device device)
      : model_(std::dynamic_pointer_cast<EnergyModel>(run.model)), joint_steps_(request.joint_steps) {
    if (!model_) throw ConfigError("this run's model has no energy to sample from");
    const bool restores = request.restoration.images.defined();
    const int kinds = (request.codes.defined() ? 1 : 0) + (request.components.empty() ? 0 : 1) +
                      (joint_steps_ > 0 ? 1 : 0) + (restores ? 1 : 0);
    if (kinds > 1) {
      throw ConfigError("expected one of given codes, components, joint sampling and restoration, found several");
    }
    if (joint_steps_ > 0 && !request.others.empty()) {
      throw ConfigError("expected one of joint sampling and a sum of energies, found both");
    }
    others_ = request.others;
    if (restores) add_restoration(run, request.restoration, sampler, count, device);
    if (kinds == 0 || restores) return;
    conjugate_ = std::dynamic_pointer_cast<Cebm>(run.model);
    if (!conjugate_) throw ConfigError("only conjugate energy-based models can be sampled given a code or component");
    if (request.codes.defined()) codes_ = request.codes.to(device).repeat_interleave(count, 0);
    if (!request.components.empty()) {
      components_ = torch::tensor(request.components, torch::kLong).to(device).repeat_interleave(count, 0);
    }
  }

  /// Number of chains in all, for `count` chains for each condition.
  std::int64_t chains(std::int64_t count) const {
    return codes_.defined()        ? codes_.size(0)
           : components_.defined() ? components_.size(0)
           : images_.defined()     ? images_.size(0)
                                   : count;
  }

  /// Moves the chains that begin at row `begin` of all.
  void advance(const Sampler& sampler, Chains& part, std::int64_t begin, std::int64_t steps, std::uint64_t seed,
               std::uint64_t first_step, const Sampler::Observer& observer) const {
    if (joint_steps_ > 0) {
      advance_joint(conjugate_, sampler, part, {steps / joint_steps_, joint_steps_}, seed, first_step,
                    [&](std::int64_t sweep, const Chains& chains, const torch::Tensor&) {
                      observer(sweep * joint_steps_, chains);
                    });
      return;
    }
    sampler.advance(*energy_of(begin, part.x.size(0)), part, steps, seed, first_step, observer);
  }

  /// Where the chains move: held pixels, which no energy pulls back, start in the middle of [-1, 1]. From an edge they
  /// would leave it at once, which boundary: reject and Metropolis-adjusted samplers refuse for the whole image.
  torch::Tensor start(const torch::Tensor& x) const { return free_.defined() ? x.mul(free_.to(x.device())) : x; }

  /// Images of the chains that begin at row `begin` of all, including their held pixels.
  torch::Tensor images(const torch::Tensor& x, std::int64_t begin) const {
    if (!free_.defined()) return x;
    return ComposedEnergy(composition(nullptr, begin, x.size(0))).seen(x);
  }

  std::string engine(const Sampler& sampler, torch::Device device) const {
    if (joint_steps_ == 0) return make_engine(*energy_of(0, 1), device, sampler.precision())->name();
    const torch::Tensor code = torch::zeros({1, conjugate_->bias().latent_dim()}, device);
    return make_engine(*energy_given_latent(conjugate_, code), device, sampler.precision())->name();
  }

 private:
  void add_restoration(const OpenedRun& run, const Restoration& restoration, const Choice<SamplerEntry>& sampler,
                       std::int64_t count, torch::Device device) {
    images_ = restoration.images.to(device).repeat_interleave(count, 0);
    if (restoration.free.defined()) free_ = restoration.free.to(device);
    if (restoration.sigma <= 0.0) return;
    const double temperature = restoration.temperature.value_or(stationary_temperature(run, sampler));
    if (!(temperature > 0.0 && std::isfinite(temperature))) {
      throw ConfigError("temperature: expected above 0, to weigh the noise by, found " + number_text(temperature) +
                        "; give one where the sampler has none");
    }
    coupling_ = temperature / (restoration.sigma * restoration.sigma);
  }

  Composition composition(const std::shared_ptr<EnergyModel>& first, std::int64_t begin, std::int64_t size) const {
    Composition composition;
    composition.parts.push_back(first ? first : model_);
    composition.parts.insert(composition.parts.end(), others_.begin(), others_.end());
    if (!images_.defined()) return composition;
    const torch::Tensor images = images_.narrow(0, begin, size);
    if (free_.defined()) {
      composition.free = free_;
      composition.given = images;
    }
    if (coupling_ > 0.0) composition.noisy = images;
    composition.coupling = coupling_;
    return composition;
  }

  std::shared_ptr<EnergyModel> energy_of(std::int64_t begin, std::int64_t size) const {
    auto energy = conditional_energy_of(begin, size);
    if (others_.empty() && !images_.defined()) return energy;
    return std::make_shared<ComposedEnergy>(composition(energy, begin, size));
  }

  std::shared_ptr<EnergyModel> conditional_energy_of(std::int64_t begin, std::int64_t size) const {
    if (codes_.defined()) return energy_given_latent(conjugate_, codes_.narrow(0, begin, size));
    if (components_.defined()) return energy_given_component(conjugate_, components_.narrow(0, begin, size));
    return model_;
  }

  std::shared_ptr<EnergyModel> model_;
  std::shared_ptr<Cebm> conjugate_;
  std::int64_t joint_steps_;
  torch::Tensor codes_;
  torch::Tensor components_;
  std::vector<std::shared_ptr<EnergyModel>> others_;
  torch::Tensor images_;  ///< to restore, one for each chain
  torch::Tensor free_;
  double coupling_ = 0.0;
};

/// Number of conditions (codes, images to restore or components); 1 without any.
std::int64_t conditions_of(const SampleRequest& request) {
  const torch::Tensor& images = request.restoration.images;
  const std::int64_t given = request.codes.defined() ? request.codes.size(0)
                             : images.defined()      ? images.size(0)
                                                     : std::ssize(request.components);
  return std::max<std::int64_t>(given, 1);
}

/// Chains for each condition; `given`: the images to start from, of a file or the request, undefined without them.
std::int64_t count_of(const SampleRequest& request, const torch::Tensor& given) {
  if (request.count) return *request.count;
  if (!given.defined() || given.dim() == 0) return GenerationRequest().count;
  const std::int64_t conditions = conditions_of(request);
  if (given.size(0) == 0 || given.size(0) % conditions != 0) {
    throw ConfigError("init" + (request.start.defined() ? "" : ": " + request.init) +
                      ": expected as many images for each of " + std::to_string(conditions) +
                      " conditions, or a count, found " + std::to_string(given.size(0)) + " images");
  }
  return given.size(0) / conditions;
}

/// What ranks must agree on: each moves its chains with its own model and sampler.
std::string shared_work(const OpenedRun& run, const SampleRequest& request, const Choice<SamplerEntry>& settings,
                        const torch::Tensor& starts) {
  const auto checksum_of = [](const torch::Tensor& tensor) { return tensor.defined() ? checksum(tensor) : ""; };
  nlohmann::json others = nlohmann::json::array();
  for (const auto& other : request.others) others.push_back(checksum(module_state(*other)));
  return nlohmann::json{{"step", run.checkpoint.step},
                        {"config", run.checkpoint.config},
                        {"weights", checksum(module_state(*run.model))},
                        {"others", others},
                        {"sampler", {settings.name(), dump_options(settings.options())}},
                        {"starts", checksum(starts)},
                        {"codes", checksum_of(request.codes)},
                        {"images", checksum_of(request.restoration.images)},
                        {"free", checksum_of(request.restoration.free)},
                        {"sigma", request.restoration.sigma},
                        {"steps", request.steps},
                        {"seed", request.seed},
                        {"batch_size", request.batch_size},
                        {"joint_steps", request.joint_steps},
                        {"components", request.components}}
      .dump();
}

constexpr std::int64_t kMostChains = 100'000'000;  // more than a machine holds; far beyond it, sizes in bytes overflow

void check(const SampleRequest& request) {
  if (request.count.value_or(1) < 1 || request.count.value_or(1) > kMostChains) {
    throw ConfigError("count: expected 1 .. " + std::to_string(kMostChains) + ", found " +
                      std::to_string(*request.count));
  }
  if (request.joint_steps < 0) {
    throw ConfigError("joint steps: expected at least 0, found " + std::to_string(request.joint_steps));
  }
  if (const double sigma = request.restoration.sigma; !(sigma >= 0.0 && std::isfinite(sigma))) {
    throw ConfigError("noise: expected a standard deviation above 0, found " + number_text(sigma));
  }
  if (request.steps < 0) throw ConfigError("steps: expected at least 0, found " + std::to_string(request.steps));
  if (request.batch_size < 1 || request.trace_chains < 0 || (request.trace_chains > 0 && request.trace_points < 1)) {
    throw std::invalid_argument(
        "draw_samples: expected batch_size and trace_points of at least 1, trace_chains of at "
        "least 0");
  }
  if (request.joint_steps > 0 && (request.steps == 0 || request.steps % request.joint_steps != 0)) {
    throw ConfigError("joint steps: expected a number that divides the " + std::to_string(request.steps) +
                      " steps, found " + std::to_string(request.joint_steps));
  }
}

}  // namespace

std::span<const std::string> chain_start_names() {
  static const std::array<std::string, 5> names{"noise", "buffer", "data", "data_noise", "gaussian"};
  return names;
}

torch::Tensor replay_images(const OpenedRun& run) {
  const State state = state_of_chains(run);
  const auto images = state.tensors.find("images");
  return images == state.tensors.end() ? torch::Tensor() : images->second;
}

torch::Tensor chain_starts(const OpenedRun& run, const std::string& init, std::int64_t count, std::uint64_t seed,
                           const std::function<std::shared_ptr<Dataset>()>& data, const StartSettings& settings) {
  const ImageShape image = run.model->image_shape();
  if (init == "noise") {
    // A stream of its own: with the training's seed, it must not repeat the noise that the replay buffer started from.
    return uniform({count, image.channels, image.height, image.width}, {seed, Stream::evaluation, /*step=*/1}, -1.0F,
                   1.0F);
  }
  if (init == "buffer") {
    const torch::Tensor images = replay_images(run);
    if (!images.defined()) throw ConfigError(settings.init + " buffer: this run keeps no replay buffer");
    return choose(images, count, seed, "the replay buffer", settings.count);
  }
  if (init == "data") return to_float(choose(data()->images, count, seed, "the data set", settings.count));
  if (init == "data_noise" || init == "gaussian") return starts_by_data(run, init, count, seed, data());
  throw ConfigError(settings.init + ": expected noise, buffer, data, data_noise, gaussian or an .npy file, found '" +
                    init + "'");
}

SampleResult draw_samples(const OpenedRun& run, const SampleRequest& request, torch::Device device,
                          const SampleProgress& progress) {
  const torch::NoGradGuard no_graph;
  check(request);
  const torch::Tensor file =
      is_file(request.init) ? read_start(request.init, run.model->image_shape()) : torch::Tensor();
  const std::int64_t each = count_of(request, request.start.defined() ? request.start : file);
  const auto settings =
      request.sampler ? request.sampler : std::make_shared<const Choice<SamplerEntry>>(sampler_settings(run));
  const Target target(run, request, *settings, each, device);
  const auto sampler = trained_sampler(run, *settings);
  const std::uint64_t first_step = first_free_step(run);
  const std::int64_t count = target.chains(each);
  const auto total = static_cast<std::uint64_t>(count * request.steps);

  const Chains all = make_chains(target.start(starting_images(run, request, file, count)));
  if (!request.ranks->alone()) {
    request.ranks->require_same("run, sampler, starts and what to draw", shared_work(run, request, *settings, all.x));
  }
  SampleResult result;
  result.engine = target.engine(*sampler, device);
  std::vector<torch::Tensor> finished;
  for (std::int64_t begin = 0; begin < count; begin += request.batch_size) {
    const std::int64_t together = std::min(request.batch_size, count - begin);
    // With fewer chains than a whole tile for each rank, every rank draws them all.
    const bool shared = together >= kTileSize * request.ranks->size();
    const Shares shares = shared ? request.ranks->shares(together, kTileSize) : Shares(together, 1, 1);
    const int rank = shared ? request.ranks->rank() : 0;
    const std::int64_t size = shares.size(rank);
    const std::int64_t first = begin + shares.begin(rank);
    Chains part{all.x.narrow(0, first, size).clone().to(device), all.ids.narrow(0, first, size).clone().to(device)};
    Trace trace(first == 0 ? std::min(request.trace_chains, size) : 0, request.trace_points, request.steps);
    const bool traced = first == 0 && request.trace_chains > 0;
    if (traced) trace.record(0, target.images(part.x, first));
    target.advance(*sampler, part, first, request.steps, request.seed, first_step,
                   [&](std::int64_t step, const Chains& chains) {
                     if (traced) trace.record(step, target.images(chains.x, first));
                     if (progress) progress(static_cast<std::uint64_t>(begin * request.steps + step * together), total);
                   });
    if (traced) result.trace = trace.images();
    const torch::Tensor own = target.images(part.x, first).to(torch::kCPU);
    finished.push_back(shared ? request.ranks->gather(own, shares.sizes()) : own);
  }
  result.images = torch::cat(finished);
  if (!result.images.isfinite().all().item<bool>()) {
    throw NumericsError("sampling left the finite numbers: the model's energy is not one that can be sampled with " +
                        std::to_string(request.steps) + " steps of this size; lower sampler.alpha or clamp");
  }
  return result;
}

}  // namespace cebm
