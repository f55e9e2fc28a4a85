#include "eval/likelihood.h"

#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/random.h>
#include <cebm/vae.h>

#include <algorithm>
#include <cmath>

namespace cebm {

namespace {

class LikelihoodBounds final : public Evaluator {
 public:
  LikelihoodBounds(const LikelihoodOptions& options, std::shared_ptr<Vae> model)
      : samples_(options.samples), seed_(static_cast<std::uint64_t>(options.seed)), model_(std::move(model)) {}

  void add(const torch::Tensor& images, const torch::Tensor& labels) override {
    (void)labels;
    const torch::NoGradGuard no_graph;
    const std::int64_t most = samples_.empty() ? 1 : *std::max_element(samples_.begin(), samples_.end());
    const torch::Tensor noise = noise_of(images, most);
    const Elbo elbo = model_->elbo(images, noise.narrow(0, 0, 1));
    keep("elbo", elbo.log_likelihood - elbo.kl);
    keep("kl", elbo.kl);
    for (const std::int64_t count : samples_) {
      keep("bound_" + std::to_string(count), model_->importance_weighted_bound(images, noise.narrow(0, 0, count)));
    }
    first_ += images.size(0);
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    require_writable_directory(directory);
    nlohmann::json summary = {{"unit", "nats per image"}, {"images", first_}, {"seed", seed_}};
    for (const auto& [name, batches] : columns_) {
      const torch::Tensor all = torch::cat(batches);
      write_npy(directory / (name + ".npy"), all);
      const torch::Tensor exact = all.to(torch::kDouble);
      const double spread = all.numel() > 1 ? exact.std().item<double>() : 0.0;
      summary[name] = {{"mean", exact.mean().item<double>()},
                       {"standard_error", spread / std::sqrt(static_cast<double>(all.numel()))}};
    }
    write_file_atomically(directory / "likelihood.json", summary.dump(2) + "\n");
    return summary;
  }

 private:
  torch::Tensor noise_of(const torch::Tensor& images, std::int64_t count) const {
    std::vector<torch::Tensor> draws;
    for (std::int64_t s = 0; s < count; ++s) {
      const RandomKey key{seed_, Stream::importance, static_cast<std::uint64_t>(s)};
      draws.push_back(normal({images.size(0), model_->latent_dim()}, key, static_cast<std::uint32_t>(first_)));
    }
    return torch::stack(draws).to(images.options());
  }

  void keep(const std::string& name, const torch::Tensor& values) { columns_[name].push_back(values.cpu()); }

  std::vector<std::int64_t> samples_;
  std::uint64_t seed_;
  std::shared_ptr<Vae> model_;
  std::int64_t first_ = 0;  ///< place of the next image in the set
  std::map<std::string, std::vector<torch::Tensor>> columns_;
};

}  // namespace

void LikelihoodOptions::fields(Fields& visit) {
  visit.integers("samples", samples, {1, 1000000}, "numbers of samples S to give the importance-weighted bound for");
  visit.integer("seed", seed, {0, std::numeric_limits<std::int64_t>::max()}, "seed of the samples of z");
}

std::shared_ptr<Evaluator> make_likelihood(const LikelihoodOptions& options, const EvaluatorContext& context) {
  auto model = std::dynamic_pointer_cast<Vae>(context.model);
  if (!model) throw ConfigError("likelihood: only variational autoencoders have a bound on log p(x)");
  return std::make_shared<LikelihoodBounds>(options, std::move(model));
}

}  // namespace cebm
