#include "eval/evaluators/likelihood.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>
#include <cebm/random.h>
#include <cebm/report.h>
#include <cebm/vae.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/fixed_text.h"
#include "engine/vae_functions.h"
#include "eval/statistics/statistics.h"

namespace cebm {

namespace {

class LikelihoodBounds final : public Evaluator {
 public:
  LikelihoodBounds(const LikelihoodOptions& options, const EvaluatorContext& context, std::shared_ptr<Vae> model)
      : samples_(options.samples), own_(context.own), seed_(context.seed), model_(std::move(model)) {}

  std::vector<Feed> feeds() const override { return {own_}; }

  void add(std::size_t, EvaluationBatch& batch) override {
    if (!functions_) functions_.emplace(*model_, batch.images().device());
    const VaeNetworks networks = functions_->networks();
    values_.push_back(map_images(batch.images(), batch.first(), [&](const torch::Tensor& x, std::int64_t first) {
      return bounds(x, first, networks);
    }));
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    std::vector<std::string> names{"elbo", "kl"};
    for (const std::int64_t count : samples_) names.push_back("bound_" + std::to_string(count));
    const torch::Tensor all = torch::cat(values_);
    const auto root = std::sqrt(static_cast<double>(all.size(0)));
    LikelihoodResult result;
    result.images = all.size(0);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const torch::Tensor column = all.select(1, static_cast<std::int64_t>(i));
      write_npy(directory / (names[i] + ".npy"), column);
      const Spread spread = spread_of(column);
      result.means[names[i]] = {spread.mean, spread.std / root};
    }
    return result.to_json();
  }

 private:
  /// ELBO, KL and the bounds of each image, [B, 2 + n].
  torch::Tensor bounds(const torch::Tensor& x, std::int64_t first, const VaeNetworks& networks) {
    const std::int64_t most = samples_.empty() ? 1 : *std::max_element(samples_.begin(), samples_.end());
    const torch::Tensor noise = noise_of(x, first, most);
    const Elbo elbo = model_->elbo(x, noise.narrow(0, 0, 1), networks);
    std::vector<torch::Tensor> all{elbo.log_likelihood - elbo.kl, elbo.kl};
    if (samples_.empty()) return torch::stack(all, 1);
    const torch::Tensor log_weights = model_->importance_log_weights(x, noise, networks);
    for (const std::int64_t count : samples_) all.push_back(weighted_bound(log_weights.narrow(0, 0, count)));
    return torch::stack(all, 1);
  }

  torch::Tensor noise_of(const torch::Tensor& x, std::int64_t first, std::int64_t count) const {
    const torch::Tensor noise = torch::empty({count, x.size(0), model_->latent_dim()}, x.options());
    const torch::Tensor images = torch::arange(first, first + x.size(0), x.options().dtype(torch::kInt64));
    for (std::int64_t s = 0; s < count; ++s) {
      fill_normal(noise[s], {seed_, Stream::importance, static_cast<std::uint64_t>(s)}, images);
    }
    return noise;
  }

  std::vector<std::int64_t> samples_;
  Feed own_;
  std::uint64_t seed_;
  std::shared_ptr<Vae> model_;
  std::optional<VaeFunctions> functions_;
  std::vector<torch::Tensor> values_;
};

}  // namespace

void LikelihoodOptions::fields(Fields& visit) {
  visit.integers("samples", samples, {1, 1000000}, "numbers of samples S to give the importance-weighted bound for");
}

std::shared_ptr<Evaluator> make_likelihood(const LikelihoodOptions& options, const EvaluatorContext& context) {
  auto model = std::dynamic_pointer_cast<Vae>(context.model);
  if (!model) throw ConfigError("likelihood: only variational autoencoders have a bound on log p(x)");
  return std::make_shared<LikelihoodBounds>(options, context, std::move(model));
}

void likelihood_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const LikelihoodResult result = LikelihoodResult::from_json(finished.result);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : result.means) {
    rows.push_back({name, plus_minus_text(value.mean, value.standard_error, 2)});
  }
  report.paragraph("Bounds on log p(x) in " + result.unit +
                   ": mean over the images and its standard error. bound_S: importance-weighted with S samples.");
  report.table({"quantity", "mean"}, rows);
}

}  // namespace cebm
