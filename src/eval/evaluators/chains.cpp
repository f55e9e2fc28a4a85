#include "eval/evaluators/chains.h"

#include <cebm/chain_statistics.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/report.h>
#include <cebm/sampling.h>
#include <cebm/tiles.h>

#include <algorithm>

#include "base/fixed_text.h"
#include "eval/evaluators/run_of.h"
#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

constexpr const char* kChains = "chains";
constexpr const char* kEnergy = "energy";
constexpr const char* kGradientNorm = "gradient_norm";
constexpr std::int64_t kFewestDraws = 8;
constexpr std::int64_t kTracedChains = 6;
constexpr std::int64_t kPicturedChains = 8;
constexpr std::int64_t kPicturedPoints = 12;

std::string file_of(const std::string& quantity) { return quantity + ".svg"; }

/// Records the watched quantities of each draw, [chains] by name.
class Watch {
 public:
  Watch(Engine& engine, ImageShape image, std::int64_t projections, std::uint64_t seed, torch::Device device)
      : engine_(engine) {
    if (projections == 0) return;
    const torch::Tensor directions = normal({projections, image.numel()}, {seed, Stream::projection});
    directions_ = (directions / directions.norm(2, 1, /*keepdim=*/true)).to(device);
  }

  void look(const torch::Tensor& x) {
    const EnergyGradient here = engine_.energies_and_gradient(x);
    add(kEnergy, here.energies);
    add(kGradientNorm, map_rows(here.gradient, [](const torch::Tensor& g, std::int64_t) {
          return g.contiguous().flatten(1).norm(2, 1);
        }));
    if (!directions_.defined()) return;
    const torch::Tensor projections = map_rows(x, [&](const torch::Tensor& rows, std::int64_t) {
      return rows.contiguous().flatten(1).matmul(directions_.t());
    });
    for (std::int64_t k = 0; k < directions_.size(0); ++k) {
      add("projection_" + std::to_string(k + 1), projections.select(1, k));
    }
  }

  /// [chains, draws] double on the CPU.
  std::map<std::string, torch::Tensor> draws() const {
    std::map<std::string, torch::Tensor> all;
    for (const auto& [name, columns] : columns_) all[name] = torch::stack(columns, 1);
    return all;
  }

 private:
  void add(const std::string& name, const torch::Tensor& values) {
    columns_[name].push_back(values.to(torch::kCPU, torch::kDouble));
  }

  Engine& engine_;
  torch::Tensor directions_;
  std::map<std::string, std::vector<torch::Tensor>> columns_;
};

class LongChains final : public Evaluator {
 public:
  LongChains(const ChainsOptions& options, const EvaluatorContext& context) : options_(options), context_(context) {
    draws_ = options.steps / options.every + 1;
    first_ = static_cast<std::int64_t>(options.warmup * static_cast<double>(draws_));
    if (draws_ - first_ < kFewestDraws) {
      throw ConfigError("chains: expected at least 8 draws after warm-up, found " + std::to_string(draws_ - first_) +
                        ": more steps, or a smaller every or warmup");
    }
  }

  std::vector<Feed> feeds() const override { return {{context_.own.data, "test"}, {context_.own.data, "train"}}; }

  void begin(std::size_t feed, const Dataset& data) override {
    if (feed == 1) train_ = std::make_shared<Dataset>(data);
    if (feed == 0) test_columns_ = {};
  }

  void add(std::size_t feed, EvaluationBatch& batch) override {
    if (feed == 1) return;
    for (const char* column : {kEnergy, kGradientNorm}) test_columns_[column].push_back(batch.column(column));
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    const torch::NoGradGuard no_graph;
    const std::map<std::string, torch::Tensor> draws = watch_chains(directory);
    ChainsResult result{.init = options_.init,
                        .chains = options_.chains,
                        .steps = options_.steps,
                        .every = options_.every,
                        .draws = draws_ - first_,
                        .test_energy = test_mean(kEnergy),
                        .test_gradient_norm = test_mean(kGradientNorm),
                        .quantities = {}};
    for (const auto& [name, values] : draws) {
      if (!values.isfinite().all().item<bool>()) {
        throw NumericsError("chains: the chains left the finite numbers; sampler.alpha is too large for so many steps");
      }
      const torch::Tensor kept = values.narrow(1, first_, draws_ - first_);
      const Mixing mixing = mixing_of(kept);
      const Spread spread = spread_of(kept.flatten());
      result.quantities[name] = {spread.mean, spread.std, mixing.effective_samples, mixing.r_hat};
      write_npy(directory / ("draws_" + name + ".npy"), values);
    }
    write(directory / file_of(kEnergy),
          along("Energy along the chains", "E(x)", draws.at(kEnergy), result.test_energy));
    write(directory / file_of(kGradientNorm),
          along("Gradient norm along the chains", "|| dE / dx ||", draws.at(kGradientNorm), result.test_gradient_norm));
    write(directory / file_of("traces"), traces(draws.at(kEnergy)));
    write(directory / file_of("autocorrelation"), correlations(draws));
    return result.to_json();
  }

 private:
  std::map<std::string, torch::Tensor> watch_chains(const std::filesystem::path& directory) const {
    const OpenedRun& run = run_of(context_, kChains);
    auto& model = dynamic_cast<EnergyModel&>(*run.model);
    const torch::Device device = device_of(model);
    const auto sampler = trained_sampler(run);
    const auto moving = make_engine(model, device, sampler->precision());
    const auto looking = make_engine(model, device);
    Watch watch(*looking, model.image_shape(), options_.projections, context_.seed, device);
    Chains chains = make_chains(chain_starts(run, options_.init, options_.chains, context_.seed, [&] { return train_; },
                                             {"chains: init", "chains: chains"})
                                    .to(device));
    std::vector<torch::Tensor> frames;
    const auto look = [&](std::int64_t step, const Chains& now) {
      if (step % options_.every != 0) return;
      watch.look(now.x);
      const std::int64_t draw = step / options_.every;
      if (draw * (kPicturedPoints - 1) >= std::ssize(frames) * (draws_ - 1)) {
        frames.push_back(now.x.narrow(0, 0, std::min(kPicturedChains, now.x.size(0))).to(torch::kCPU).clone());
      }
      report_progress(context_, "long chains", static_cast<std::uint64_t>(step),
                      static_cast<std::uint64_t>(options_.steps));
    };
    look(0, chains);
    sampler->advance(*moving, chains, options_.steps, context_.seed, first_free_step(run), look);
    write_png(directory / "chains.png",
              make_grid(torch::stack(frames, 1).flatten(0, 1), {.columns = std::ssize(frames)}));
    return watch.draws();
  }

  double test_mean(const char* column) const { return spread_of(torch::cat(test_columns_.at(column))).mean; }

  static void write(const std::filesystem::path& file, const Chart& chart) {
    write_file_atomically(file, chart_svg(chart));
  }

  std::vector<double> step_numbers() const {
    std::vector<double> steps;
    for (std::int64_t d = 0; d < draws_; ++d) steps.push_back(static_cast<double>(d * options_.every));
    return steps;
  }

  /// Quantiles over the chains, and the mean of the test images.
  Chart along(const std::string& title, const std::string& label, const torch::Tensor& draws, double test) const {
    Chart chart{title, "step", label, {}};
    for (const auto& [name, p] : {std::pair{"95% of the chains below", 0.95}, {"median", 0.5}, {"5% below", 0.05}}) {
      Curve curve{name, step_numbers(), {}};
      for (std::int64_t d = 0; d < draws_; ++d) {
        const torch::Tensor column = draws.select(1, d).contiguous();
        const auto* const values = column.const_data_ptr<double>();
        curve.y.push_back(quantile({values, values + column.numel()}, p));
      }
      chart.curves.push_back(std::move(curve));
    }
    const auto last = static_cast<double>(options_.steps);
    chart.curves.push_back({"mean of the test images", {0.0, last}, {test, test}});
    return chart;
  }

  Chart traces(const torch::Tensor& energies) const {
    Chart chart{"Energy of single chains", "step", "E(x)", {}};
    for (std::int64_t c = 0; c < std::min(kTracedChains, energies.size(0)); ++c) {
      const torch::Tensor row = energies[c].contiguous();
      const auto* const values = row.const_data_ptr<double>();
      chart.curves.push_back({"chain " + std::to_string(c + 1), step_numbers(), {values, values + row.numel()}});
    }
    return chart;
  }

  Chart correlations(const std::map<std::string, torch::Tensor>& draws) const {
    Chart chart{"Autocorrelation after warm-up", "lag in steps", "correlation", {}};
    for (const auto& [name, values] : draws) {
      Curve curve{name, {}, autocorrelation(values.narrow(1, first_, draws_ - first_), options_.longest_lag)};
      for (std::size_t lag = 0; lag < curve.y.size(); ++lag) {
        curve.x.push_back(static_cast<double>(lag) * static_cast<double>(options_.every));
      }
      if (!curve.y.empty()) chart.curves.push_back(std::move(curve));
    }
    return chart;
  }

  ChainsOptions options_;
  EvaluatorContext context_;
  std::int64_t draws_;  ///< of each chain, including its start
  std::int64_t first_;  ///< first draw after warm-up
  std::shared_ptr<Dataset> train_;
  std::map<std::string, std::vector<torch::Tensor>> test_columns_;
};

}  // namespace

void ChainsOptions::fields(Fields& visit) {
  visit.integer("chains", chains, {1, 100000}, "chains");
  visit.integer("steps", steps, {1, 100000000}, "steps of each");
  visit.integer("every", every, {1, 1000000}, "steps between two draws that are looked at");
  visit.word("init", init, chain_start_names(), "where they start");
  visit.real("warmup", warmup, {0.0, 1.0}, "share of the draws that is left out of the statistics");
  visit.integer("projections", projections, {0, 1000}, "random directions of the image that are watched");
  visit.integer("longest_lag", longest_lag, {1, 1000000}, "of the autocorrelations that are shown, in draws");
}

std::shared_ptr<Evaluator> make_long_chains(const ChainsOptions& options, const EvaluatorContext& context) {
  if (dynamic_cast<const EnergyModel*>(context.model.get()) == nullptr) {
    throw ConfigError("chains: this run's model has no energy to sample from");
  }
  return std::make_shared<LongChains>(options, context);
}

void chains_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const ChainsResult result = ChainsResult::from_json(finished.result);
  const auto all = static_cast<double>(result.chains * result.draws);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, quantity] : result.quantities) {
    const auto& effective = quantity.effective_samples;
    rows.push_back({name, general_text(quantity.mean, 4), general_text(quantity.std, 3),
                    effective ? fixed_text(*effective, 1) : "does not move",
                    effective ? fixed_text(all / *effective * static_cast<double>(result.every), 0) : "",
                    quantity.r_hat ? fixed_text(*quantity.r_hat, 3) : ""});
  }
  report.paragraph(std::to_string(result.chains) + " chains of " + std::to_string(result.steps) +
                   " steps of the run's sampler from " + result.init + ", looked at every " +
                   std::to_string(result.every) + " steps; the numbers are those of " + std::to_string(result.draws) +
                   " draws each after warm-up. R-hat above 1.01: the chains have not forgotten where they started, and "
                   "the effective samples are too many. Mean energy of the test images: " +
                   general_text(result.test_energy, 4) + ".");
  report.table({"quantity", "mean", "standard deviation", "effective samples", "steps for one", "split R-hat"}, rows);
  for (const char* figure : {kEnergy, kGradientNorm, "traces", "autocorrelation"}) {
    report.figure(finished.directory / file_of(figure));
  }
  report.picture(read_png(finished.directory / "chains.png"), "a row for a chain, from its start to its end");
}

}  // namespace cebm
