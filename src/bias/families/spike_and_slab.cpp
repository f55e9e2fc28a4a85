#include <ATen/ops/softplus.h>
#include <cebm/families.h>

namespace cebm {

namespace {

GaussianFamily slab() { return {}; }

torch::Tensor slab_of(const torch::Tensor& natural) { return natural.narrow(-2, 1, 2); }

/// logit g.
torch::Tensor gate_logit(const torch::Tensor& natural) {
  return natural.select(-2, 0) + slab().log_partition(slab_of(natural));
}

}  // namespace

std::string SpikeAndSlabFamily::name() const { return "spike_and_slab"; }

std::vector<Domain> SpikeAndSlabFamily::domain() const { return {Domain::real, Domain::real, Domain::negative}; }

torch::Tensor SpikeAndSlabFamily::sufficient_statistics(const torch::Tensor& z) const {
  return torch::stack({z.ne(0.0).to(z.scalar_type()), z, z.square()}, -2);
}

torch::Tensor SpikeAndSlabFamily::log_partition(const torch::Tensor& natural) const {
  return at::softplus(gate_logit(natural), /*beta=*/1.0, /*threshold=*/40.0);
}

torch::Tensor SpikeAndSlabFamily::mean_parameters(const torch::Tensor& natural) const {
  const torch::Tensor gate = gate_logit(natural).sigmoid().unsqueeze(-2);
  const torch::Tensor moments = slab().mean_parameters(slab_of(natural));
  return gate * torch::cat({torch::ones_like(gate), moments}, -2);
}

torch::Tensor SpikeAndSlabFamily::log_base_measure(const torch::Tensor& z) const {
  return z.ne(0.0) * slab().log_base_measure(z);
}

torch::Tensor SpikeAndSlabFamily::mean(const torch::Tensor& natural) const {
  return gate_logit(natural).sigmoid() * slab().mean(slab_of(natural));
}

torch::Tensor SpikeAndSlabFamily::variance(const torch::Tensor& natural) const {
  return mean_parameters(natural).select(-2, 2) - mean(natural).square();
}

torch::Tensor SpikeAndSlabFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  const torch::Tensor open = draws.uniform(0, natural.size(-1)).lt(gate_logit(natural).sigmoid());
  return open * slab().sample(slab_of(natural), draws);
}

torch::Tensor SpikeAndSlabFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  const torch::Tensor of_slab = slab().natural_from_unconstrained(slab_of(parameters));
  const torch::Tensor gate = parameters.select(-2, 0) - slab().log_partition(of_slab);
  return torch::cat({gate.unsqueeze(-2), of_slab}, -2);
}

}  // namespace cebm
