#include "eval/evaluators/log_partition.h"

#include <cebm/annealed_importance.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/objective.h>
#include <cebm/report.h>
#include <cebm/sampling.h>

#include <array>
#include <cmath>
#include <numbers>

#include "base/fixed_text.h"
#include "core/drawn_rows.h"
#include "eval/evaluators/run_of.h"
#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

constexpr const char* kLogPartition = "log-partition";
constexpr const char* kGaussian = "gaussian";
const std::array<std::string, 2> kBases{"uniform", kGaussian};
const std::array<std::string, 3> kReverseStarts{"buffer", "chains", "none"};
constexpr std::int64_t kGaussianComponents = 50;
constexpr std::int64_t kEnergiesTogether = 512;  // whole tiles
constexpr double kWidthOfByte = 2.0 / 256.0;

enum LogPartitionFeed : std::size_t { kLikelihoodTest, kBaseTrain };

/// -1 + 2 (p + u) / 256 of bytes p, with u keyed by the images' numbers in their set.
torch::Tensor dequantized(const torch::Tensor& bytes, const torch::Tensor& numbers, std::uint64_t seed) {
  const torch::Tensor u =
      torch::empty(bytes.sizes(), torch::TensorOptions(torch::kFloat).memory_format(torch::MemoryFormat::ChannelsLast));
  fill_uniform(u, {seed, Stream::dequantization}, numbers);
  return (bytes.to(torch::kFloat) + u).mul_(static_cast<float>(kWidthOfByte)).sub_(1.0F).clamp_(-1.0F, 1.0F);
}

/// Variance that the fitted directions do not explain, per remaining dimension.
double variance_left_over(const torch::Tensor& bytes, const FittedGaussian& fit) {
  const torch::Tensor x = to_float(bytes).permute({0, 2, 3, 1}).flatten(1).to(torch::kDouble);
  const torch::Tensor pixels = x.t().contiguous().var(1);
  const double whole = pixels.sum().item<double>();
  const double held = fit.directions.to(torch::kDouble).square().sum().item<double>();
  const auto dimensions = static_cast<double>(x.size(1) - fit.directions.size(0));
  return std::max((whole - held) / std::max(dimensions, 1.0), 1e-4);
}

class LogPartition final : public Evaluator {
 public:
  LogPartition(const LogPartitionOptions& options, const EvaluatorContext& context)
      : options_(options), context_(context) {}

  std::vector<Feed> feeds() const override { return {{context_.own.data, "test"}, {context_.own.data, "train"}}; }

  void begin(std::size_t feed, const Dataset& data) override {
    if (feed == kBaseTrain && options_.base == kGaussian) require_images(data, 2, kLogPartition, "base: gaussian");
    sets_[feed] = std::make_shared<Dataset>(data);
  }

  void add(std::size_t, EvaluationBatch&) override {}

  nlohmann::json finish(const std::filesystem::path& directory) override {
    const torch::NoGradGuard no_graph;
    const OpenedRun& run = run_of(context_, kLogPartition);
    auto& model = dynamic_cast<EnergyModel&>(*run.model);
    const torch::Device device = device_of(model);
    const auto engine = make_engine(model, device);

    LogPartitionResult result;
    result.sampler_temperature = stationary_temperature(run, sampler_settings(run));
    result.temperature = options_.temperature > 0.0 ? options_.temperature : result.sampler_temperature;
    if (!(result.temperature > 0.0)) {
      throw ConfigError(
          "log-partition.temperature: expected one above 0, found that of a sampler without noise or steps");
    }
    result.dimensions = model.image_shape().numel();
    result.distributions = options_.distributions;
    add_test_energy(*engine, device, result);

    Annealing annealing{.base = base_of(model.image_shape()),
                        .target = potential_of(*engine, result.temperature),
                        .stages = {},
                        .leapfrogs = options_.leapfrog_steps,
                        .seed = context_.seed};
    result.base = annealing.base.name;
    say("temperature " + general_text(result.temperature, 6) +
        " (the sampler's: " + general_text(result.sampler_temperature, 6) + "), base " + result.base);
    // The pilot's number of stages is not known in advance, so its progress is beta.
    annealing.progress = [&](std::int64_t, double beta) {
      show("annealing: pilot, thousandths of the way", static_cast<std::int64_t>(1000.0 * beta), 1000);
    };
    annealing.stages = plan_stages(
        annealing, {.chains = options_.pilot, .acceptance = options_.acceptance, .stages = options_.distributions + 1});
    annealing.progress = [&](std::int64_t stage, double) { show("annealing: forward", stage, options_.distributions); };
    const AnnealedChains forward = anneal_forward(annealing, torch::arange(options_.chains, torch::kInt64));
    result.forward = estimate(forward, annealing, result, /*forward=*/true);
    write_npy(directory / "log_weights_forward.npy", forward.log_weights);

    Chart chart{"Mean log weight along the path", "density between base and model", "log Z so far", {}};
    chart.curves.push_back(curve("forward", forward.mean_log_weights, annealing, /*forward=*/true));
    if (const torch::Tensor starts = reverse_starts(run, annealing, result); starts.defined()) {
      annealing.progress = [&](std::int64_t stage, double) {
        show("annealing: reverse", stage, options_.distributions);
      };
      const AnnealedChains back = anneal_back(annealing, make_chains(starts.to(device)));
      result.reverse = estimate(back, annealing, result, /*forward=*/false);
      write_npy(directory / "log_weights_reverse.npy", back.log_weights);
      chart.curves.push_back(curve("reverse", back.mean_log_weights, annealing, /*forward=*/false));
    }
    write_file_atomically(directory / "path.svg", chart_svg(chart));
    sets_ = {};
    return result.to_json();
  }

 private:
  void say(const std::string& text) const {
    if (context_.message) context_.message(std::string(kLogPartition) + ": " + text);
  }

  void show(const char* what, std::int64_t done, std::int64_t total) const {
    report_progress(context_, what, static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(total));
  }

  BaseDensity base_of(ImageShape image) const {
    if (options_.base == "uniform") return uniform_base(image);
    const auto& train = sets_[kBaseTrain];
    const FittedGaussian fit = fit_gaussian(start_images(train, torch::kCPU), kGaussianComponents, context_.seed);
    const torch::Tensor rows = rows_of_fit(train->size(), context_.seed);
    return gaussian_base(image, fit, variance_left_over(train->images.index_select(0, rows), fit));
  }

  void add_test_energy(Engine& engine, torch::Device device, LogPartitionResult& result) const {
    const torch::Tensor& images = sets_[kLikelihoodTest]->images;
    const torch::Tensor rows = drawn_rows(images.size(0), options_.images, {context_.seed, Stream::evaluation});
    result.test_images = rows.size(0);
    std::vector<torch::Tensor> energies;
    for (const torch::Tensor& numbers : rows.split(kEnergiesTogether)) {
      const torch::Tensor x = dequantized(images.index_select(0, numbers), numbers, context_.seed);
      energies.push_back(engine.energies(x.contiguous(torch::MemoryFormat::ChannelsLast).to(device)).to(torch::kCPU));
    }
    result.test_energy = spread_of(torch::cat(energies)).mean / result.temperature;
  }

  /// Images for the reverse chains, in the base's domain; if there are none, undefined, with the reason in the result.
  torch::Tensor reverse_starts(const OpenedRun& run, const Annealing& annealing, LogPartitionResult& result) const {
    torch::Tensor starts;
    if (options_.reverse == "none") {
      result.reverse_from = "not asked for";
    } else if (options_.reverse == "buffer" && !replay_images(run).defined()) {
      result.reverse_from = "this run keeps no replay buffer; reverse: chains needs none";
      say(result.reverse_from);
    } else if (options_.reverse == "buffer") {
      const std::int64_t count = std::min(options_.chains, replay_images(run).size(0));
      starts = chain_starts(run, "buffer", count, context_.seed, {});
      result.reverse_from = "replay buffer at step " + std::to_string(run.checkpoint.step);
    } else {
      SampleRequest request;
      request.count = options_.chains;
      request.steps = options_.reverse_steps;
      request.seed = context_.seed;
      starts = draw_samples(run, request, device_of(*run.model), [&](std::uint64_t done, std::uint64_t total) {
                 report_progress(context_, "sample", done, total);
               }).images;
      result.reverse_from = std::to_string(options_.reverse_steps) + " steps of the run's sampler from noise";
    }
    const bool box = annealing.base.walls != Walls::none;
    return starts.defined() && box ? starts.clamp(-1.0, 1.0) : starts;
  }

  static LogPartitionResult::Estimate estimate(const AnnealedChains& chains, const Annealing& annealing,
                                               const LogPartitionResult& result, bool forward) {
    const LogMean mean = log_mean(chains.log_weights);
    const double sign = forward ? 1.0 : -1.0;
    LogPartitionResult::Estimate estimate;
    estimate.chains = chains.log_weights.size(0);
    estimate.log_z = annealing.base.log_normalizer + sign * mean.value;
    estimate.standard_error = mean.standard_error;
    estimate.effective_samples = mean.effective_samples;
    estimate.bound = annealing.base.log_normalizer + sign * mean.mean_log;
    estimate.acceptance = chains.acceptance;
    estimate.nats_per_dimension = (result.test_energy + estimate.log_z) / static_cast<double>(result.dimensions);
    estimate.bits_per_dimension = (estimate.nats_per_dimension - std::log(kWidthOfByte)) / std::numbers::ln2;
    return estimate;
  }

  /// log Z of the densities along the path, by stage; reverse chains visit them from the model to the base.
  static Curve curve(const std::string& name, const std::vector<double>& so_far, const Annealing& annealing,
                     bool forward) {
    Curve curve{name, {}, {}};
    const std::size_t count = annealing.stages.size();
    for (std::size_t i = 0; i < so_far.size(); ++i) {
      const std::size_t stage = forward ? i + 1 : count - 2 - i;
      curve.x.push_back(static_cast<double>(stage));
      // In reverse: minus the log weight of the part of the path that is still to come.
      curve.y.push_back(annealing.base.log_normalizer + (forward ? so_far[i] : so_far[i] - so_far.back()));
    }
    return curve;
  }

  LogPartitionOptions options_;
  EvaluatorContext context_;
  std::array<std::shared_ptr<Dataset>, 2> sets_;
};

}  // namespace

void LogPartitionOptions::fields(Fields& visit) {
  visit.real("temperature", temperature, {0.0, 1e12},
             "T of p(x) = exp{-E(x) / T} / Z; 0: the sampler's, noise_std^2 / alpha where its noise is fixed");
  visit.word("base", base, kBases, "uniform on [-1, 1], or a Gaussian of the training images on all numbers");
  visit.integer("chains", chains, {2, 1000000}, "in each direction");
  visit.integer("distributions", distributions, {2, 10000000}, "densities on the way");
  visit.integer("leapfrog_steps", leapfrog_steps, {1, 10000}, "of a Hamiltonian transition; 1: MALA");
  visit.real("acceptance", acceptance, {0.05, 0.999}, "that the pilot's step sizes aim at");
  visit.integer("pilot", pilot, {2, 100000}, "chains that find step sizes and how the densities are spaced");
  visit.word("reverse", reverse, kReverseStarts, "where the reverse chains start");
  visit.when({reverse == "chains", "reverse: chains"}, [&] {
    visit.integer("reverse_steps", reverse_steps, {0, 100000000}, "steps of the run's sampler for them");
  });
  visit.integer("images", images, {1, 10000000}, "most test images");
}

std::shared_ptr<Evaluator> make_log_partition(const LogPartitionOptions& options, const EvaluatorContext& context) {
  if (dynamic_cast<const EnergyModel*>(context.model.get()) == nullptr) {
    throw ConfigError("log-partition: this run's model has no energy");
  }
  return std::make_shared<LogPartition>(options, context);
}

void log_partition_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const LogPartitionResult result = LogPartitionResult::from_json(finished.result);
  const auto row = [](const std::string& name, const LogPartitionResult::Estimate& estimate) {
    return std::vector<std::string>{
        name,
        plus_minus_text(estimate.log_z, estimate.standard_error, 2),
        fixed_text(estimate.effective_samples, 1) + " of " + std::to_string(estimate.chains),
        fixed_text(estimate.bound, 2),
        fixed_text(estimate.acceptance, 2),
        fixed_text(estimate.nats_per_dimension, 4),
        fixed_text(estimate.bits_per_dimension, 3)};
  };
  report.paragraph(
      "log Z of exp{-E(x) / T} at T = " + general_text(result.temperature, 6) + " (the sampler's own temperature is " +
      general_text(result.sampler_temperature, 6) + ") over " + std::to_string(result.distributions) +
      " densities from the base " + result.base + ", and what it makes of the " + std::to_string(result.test_images) +
      " test images. Forward, the mean log weight is below log Z in the mean. In reverse it is above if the chains "
      "start from exact draws of the model, and only then: " +
      (result.reverse ? "here they started from " : "none were started: ") + result.reverse_from +
      ". Few effective samples: the estimate hangs on as many chains.");
  std::vector<std::vector<std::string>> rows{row("forward", result.forward)};
  if (result.reverse) rows.push_back(row("reverse", *result.reverse));
  report.table({"direction", "log Z ± standard error", "effective samples", "by the mean log weight", "acceptance",
                "nats per dimension", "bits per dimension"},
               rows);
  report.figure(finished.directory / "path.svg");
}

}  // namespace cebm
