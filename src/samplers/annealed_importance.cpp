#include <c10/core/GradMode.h>
#include <cebm/annealed_importance.h>
#include <cebm/errors.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace cebm {

namespace {

using torch::Tensor;

/// Step offsets that give forward, backward and pilot transitions separate random numbers.
constexpr std::uint64_t kForward = std::uint64_t{1} << 40U;
constexpr std::uint64_t kBack = std::uint64_t{2} << 40U;
constexpr std::uint64_t kPilot = std::uint64_t{3} << 40U;

constexpr std::int64_t kMostStages = 100000;
constexpr double kPilotSpread = 1.0;  // of log w in a stage
constexpr double kPilotGain = 0.3;    // of the logarithm of the step size
constexpr double kLargestStep = 2.0;

double mean_of_values(const Tensor& values) {
  const Tensor all = values.to(torch::kCPU, torch::kDouble).contiguous();
  const auto* const first = all.const_data_ptr<double>();
  return std::accumulate(first, first + all.numel(), 0.0) / static_cast<double>(all.numel());
}

double deviation_of(const Tensor& values) {
  const double mean = mean_of_values(values);
  return std::sqrt(mean_of_values((values - mean).square()));
}

/// Chains with U_0 and U_1 at their positions, kept between transitions so that each position is computed once.
class Way {
 public:
  Way(const Annealing& annealing, Chains chains) : annealing_(annealing), chains_(std::move(chains)) {
    base_ = annealing_.base.potential(chains_.x);
    target_ = annealing_.target(chains_.x);
  }

  /// (U_0 - U_1)(x), [B] double on the CPU.
  Tensor difference() const {
    Tensor difference = (base_.energies.to(torch::kDouble) - target_.energies.to(torch::kDouble)).to(torch::kCPU);
    if (!difference.isfinite().all().item<bool>()) {
      throw NumericsError("annealing: expected finite energies along the way, found others");
    }
    return difference;
  }

  /// A transition of the density at `stage`; returns the mean acceptance probability.
  double move(const AnnealingStage& stage, std::uint64_t step) {
    EnergyGradient new_base;
    EnergyGradient new_target;
    const Potential mixed = [&](const Tensor& x) {
      new_base = annealing_.base.potential(x);
      new_target = annealing_.target(x);
      return mix(new_base, new_target, stage.beta);
    };
    EnergyGradient here = mix(base_, target_, stage.beta);
    const Transition moved = hmc_transition(
        mixed, chains_, here,
        {.size = stage.step_size, .leapfrogs = annealing_.leapfrogs, .walls = annealing_.base.walls},
        {.seed = annealing_.seed, .step = step, .momenta = Stream::annealing, .acceptance = Stream::acceptance});
    // The last position that the transition computed is the end of each chain's proposal.
    take(base_, new_base, moved.accepted);
    take(target_, new_target, moved.accepted);
    return mean_of_values(moved.probability);
  }

 private:
  static EnergyGradient mix(const EnergyGradient& base, const EnergyGradient& target, double beta) {
    // At beta = 0 the target is ignored, even if it is infinite.
    if (beta == 0.0) return {base.energies.clone(), base.gradient.clone()};
    return {base.energies * (1.0 - beta) + target.energies * beta,
            base.gradient * (1.0 - beta) + target.gradient * beta};
  }

  static void take(EnergyGradient& here, const EnergyGradient& there, const Tensor& accepted) {
    here.energies = torch::where(accepted, there.energies, here.energies);
    here.gradient = torch::where(accepted.view({-1, 1, 1, 1}), there.gradient, here.gradient)
                        .contiguous(torch::MemoryFormat::ChannelsLast);
  }

  const Annealing& annealing_;
  Chains chains_;
  EnergyGradient base_;
  EnergyGradient target_;
};

void check(const Annealing& annealing) {
  const auto& stages = annealing.stages;
  const auto rises = [](const AnnealingStage& a, const AnnealingStage& b) { return a.beta <= b.beta; };
  if (stages.size() < 2 || stages.front().beta != 0.0 || stages.back().beta != 1.0 ||
      std::adjacent_find(stages.begin(), stages.end(), [&](const auto& a, const auto& b) { return !rises(a, b); }) !=
          stages.end()) {
    throw std::invalid_argument("annealing: expected stages whose beta rises from 0 to 1");
  }
}

Chains from_base(const Annealing& annealing, const Tensor& ids, std::uint64_t step) {
  return {annealing.base.draw(ids, annealing.seed, step), ids};
}

/// Computes log weights: the sum over the stages, up or down, of +-(beta_t - beta_{t-1}) (U_0 - U_1), with transitions
/// between.
AnnealedChains walk(const Annealing& annealing, Way way, bool forward) {
  const auto count = std::ssize(annealing.stages);
  AnnealedChains result;
  double acceptance = 0.0;
  std::int64_t transitions = 0;
  for (std::int64_t i = 1; i < count; ++i) {
    const std::int64_t t = forward ? i : count - i;
    const auto& before = annealing.stages[static_cast<std::size_t>(t - 1)];
    const auto& after = annealing.stages[static_cast<std::size_t>(t)];
    const Tensor change = way.difference() * ((forward ? 1.0 : -1.0) * (after.beta - before.beta));
    result.log_weights = result.log_weights.defined() ? result.log_weights + change : change;
    result.mean_log_weights.push_back(mean_of_values(result.log_weights));
    if (i + 1 < count) {
      const auto step = (forward ? kForward : kBack) + static_cast<std::uint64_t>(t);
      acceptance += way.move(forward ? after : before, step);
      ++transitions;
    }
    if (annealing.progress) annealing.progress(i, after.beta);
  }
  result.acceptance = transitions == 0 ? 1.0 : acceptance / static_cast<double>(transitions);
  return result;
}

/// `count` stages evenly spaced along the pilot's: beta and the logarithm of the step size are interpolated linearly.
std::vector<AnnealingStage> divided_evenly(const std::vector<AnnealingStage>& pilot, std::int64_t count) {
  std::vector<AnnealingStage> stages;
  for (std::int64_t i = 0; i < count; ++i) {
    const double place =
        static_cast<double>(i) * static_cast<double>(pilot.size() - 1) / static_cast<double>(count - 1);
    const auto below = std::min(static_cast<std::size_t>(place), pilot.size() - 2);
    const double share = place - static_cast<double>(below);
    const AnnealingStage& a = pilot[below];
    const AnnealingStage& b = pilot[below + 1];
    stages.push_back({a.beta + share * (b.beta - a.beta),
                      std::exp(std::log(a.step_size) + share * (std::log(b.step_size) - std::log(a.step_size)))});
  }
  stages.back().beta = 1.0;
  return stages;
}

}  // namespace

AnnealedChains anneal_forward(const Annealing& annealing, const Tensor& ids) {
  const torch::NoGradGuard no_graph;
  check(annealing);
  return walk(annealing, Way(annealing, from_base(annealing, ids, 0)), /*forward=*/true);
}

AnnealedChains anneal_back(const Annealing& annealing, const Chains& starts) {
  const torch::NoGradGuard no_graph;
  check(annealing);
  const Tensor x = starts.x.clone(torch::MemoryFormat::ChannelsLast);
  return walk(annealing, Way(annealing, {x, starts.ids.clone()}), /*forward=*/false);
}

LogMean log_mean(const Tensor& log_weights) {
  const Tensor values = log_weights.to(torch::kCPU, torch::kDouble).contiguous();
  if (values.dim() != 1 || values.size(0) < 2) throw std::invalid_argument("log_mean: expected at least two weights");
  if (!values.isfinite().all().item<bool>()) throw NumericsError("annealing: expected finite weights, found others");
  const auto n = static_cast<double>(values.size(0));
  const double largest = values.max().item<double>();
  const Tensor weights = (values - largest).exp();
  const double mean = mean_of_values(weights);
  const double variance = mean_of_values((weights - mean).square()) * n / (n - 1.0);
  return {.value = largest + std::log(mean),
          .standard_error = std::sqrt(variance / n) / mean,
          .effective_samples = n * mean * mean / mean_of_values(weights.square()),
          .mean_log = mean_of_values(values)};
}

std::vector<AnnealingStage> plan_stages(const Annealing& annealing, const PilotOptions& options) {
  const torch::NoGradGuard no_graph;
  Way way(annealing, from_base(annealing, torch::arange(options.chains, torch::kInt64), 1));
  AnnealingStage stage;
  std::vector<AnnealingStage> pilot{stage};
  while (stage.beta < 1.0) {
    if (std::ssize(pilot) > kMostStages) {
      throw NumericsError(
          "annealing: base and target are more than 100000 stages apart; a higher temperature or "
          "another base brings them nearer");
    }
    const double spread = deviation_of(way.difference());
    stage.beta = std::min(1.0, stage.beta + std::min(0.25, kPilotSpread / std::max(spread, 1e-12)));
    const double acceptance = way.move(stage, kPilot + pilot.size());
    pilot.push_back(stage);
    stage.step_size =
        std::clamp(stage.step_size * std::exp(kPilotGain * (acceptance - options.acceptance)), 1e-6, kLargestStep);
    if (annealing.progress) annealing.progress(std::ssize(pilot), stage.beta);
  }
  return divided_evenly(pilot, std::max<std::int64_t>(options.stages, 2));
}

}  // namespace cebm
