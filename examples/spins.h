// A family of one's own: z is -1 or 1, p(z | lambda) = exp{lambda z - log 2 cosh lambda}, so the posterior's mean is
// tanh(lambda + t(x)). Its row in `families` serves mixtures and products, the one in `biases` the bias by itself.
#pragma once

#include <cebm/catalog.h>
#include <torch/torch.h>

class SpinFamily final : public cebm::ExponentialFamily {
 public:
  std::string name() const override { return "spins"; }
  std::vector<cebm::Domain> domain() const override { return {cebm::Domain::real}; }
  torch::Tensor sufficient_statistics(const torch::Tensor& z) const override { return z.unsqueeze(-2); }
  torch::Tensor log_partition(const torch::Tensor& natural) const override {
    const torch::Tensor size = natural.squeeze(-2).abs();
    return size + torch::log1p((-2.0 * size).exp());
  }
  torch::Tensor mean_parameters(const torch::Tensor& natural) const override { return natural.tanh(); }
  torch::Tensor log_base_measure(const torch::Tensor& z) const override { return torch::zeros_like(z); }
  torch::Tensor mean(const torch::Tensor& natural) const override { return natural.squeeze(-2).tanh(); }
  torch::Tensor variance(const torch::Tensor& natural) const override { return 1.0 - mean(natural).square(); }
  torch::Tensor sample(const torch::Tensor& natural, const cebm::Draws& draws) const override {
    const torch::Tensor up = draws.uniform(0, natural.size(-1)) < (2.0 * natural.squeeze(-2)).sigmoid();
    return 2.0 * up.to(natural.scalar_type()) - 1.0;
  }
  torch::Tensor natural_from_unconstrained(const torch::Tensor& parameters) const override { return parameters; }
};

struct SpinStart final : cebm::Options {
  double field = 0.0;
  void fields(cebm::Fields& visit) override { visit.real("field", field, {-100.0, 100.0}, "lambda at the start"); }
};

inline cebm::Catalog catalog_with_spins() {
  cebm::Catalog catalog;
  catalog.families.add(cebm::make_entry<SpinStart, cebm::FamilyEntry>(
      "spins", "z is -1 or 1", "field: 0.5", [](const SpinStart& options, const cebm::FamilyContext& context) {
        return std::make_shared<cebm::FamilyStart>(
            cebm::FamilyStart{std::make_shared<SpinFamily>(), torch::full({1, context.latent_dim}, options.field)});
      }));
  catalog.biases.add(cebm::family_bias(catalog.families.find("spins")));
  return catalog;
}
