// A bias of one's own: z is binary, p(z | lambda) = exp{lambda z - A(lambda)} in each dimension, so the posterior is
// sigmoid(lambda + t(x)), a binary code.
#pragma once

#include <cebm/catalog.h>
#include <torch/torch.h>

class BernoulliFamily final : public cebm::ExponentialFamily {
 public:
  std::string name() const override { return "bernoulli"; }
  std::vector<cebm::Domain> domain() const override { return {cebm::Domain::real}; }
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override { return z.unsqueeze(-2); }
  torch::Tensor log_partition(const torch::Tensor& natural) const override {
    return torch::softplus(natural.squeeze(-2), 1.0, 40.0);
  }
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override { return natural.sigmoid(); }
  torch::Tensor log_base_measure(const torch::Tensor& z) const override { return torch::zeros_like(z); }
  torch::Tensor mean(const torch::Tensor& natural) const override { return natural.squeeze(-2).sigmoid(); }
  torch::Tensor variance(const torch::Tensor& natural) const override { return mean(natural) * (1 - mean(natural)); }
  torch::Tensor sample(const torch::Tensor& natural, const torch::Tensor& noise) const override {
    return (torch::special::ndtr(noise) < mean(natural)).to(natural.dtype());  // ndtr: the normal's uniform number
  }
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override { return parameters; }
};

struct BernoulliOptions final : cebm::Options {
  bool learnable = false;
  void fields(cebm::Fields& visit) override { visit.boolean("learnable", learnable, "train lambda"); }
};

inline cebm::Catalog catalog_with_bernoulli() {
  cebm::Catalog catalog;
  catalog.biases.add(cebm::make_entry<BernoulliOptions, cebm::BiasEntry>(
      "bernoulli", "binary z, equally probable", "learnable: true",
      [](const BernoulliOptions& options, const cebm::BiasContext& context) {
        return std::make_shared<cebm::MixtureBias>(std::make_shared<BernoulliFamily>(),
                                                   torch::zeros({1, 1, context.latent_dim}), options.learnable,
                                                   /*per_component=*/false);
      }));
  return catalog;
}
