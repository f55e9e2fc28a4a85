#include <cebm/families.h>

#include <stdexcept>

namespace cebm {

namespace {

std::int64_t size_of(const ProductFamily::Part& part) { return part.family->statistics() * part.dims; }

/// Makes every number a statistic of one dimension: [..., P_i, K_i] -> [..., P_i K_i, 1].
torch::Tensor as_column(const torch::Tensor& of_part) { return of_part.flatten(-2).unsqueeze(-1); }

torch::Tensor summed(const std::vector<torch::Tensor>& of_parts) {
  torch::Tensor total = of_parts.front().sum(-1, /*keepdim=*/true);
  for (std::size_t i = 1; i < of_parts.size(); ++i) total = total + of_parts[i].sum(-1, /*keepdim=*/true);
  return total;
}

/// f(part, its natural parameters or codes) for each part.
template <class Function>
std::vector<torch::Tensor> for_parts(const std::vector<ProductFamily::Part>& parts,
                                     const std::vector<torch::Tensor>& values, const Function& f) {
  std::vector<torch::Tensor> results;
  for (std::size_t i = 0; i < parts.size(); ++i) results.push_back(f(*parts[i].family, values[i]));
  return results;
}

}  // namespace

std::string ProductFamily::name() const {
  std::string all;
  for (const Part& part : parts_) all += (all.empty() ? "" : " x ") + part.family->name();
  return all;
}

std::vector<Domain> ProductFamily::domain() const {
  std::vector<Domain> all;
  for (const Part& part : parts_) {
    for (const Domain of_statistic : part.family->domain()) {
      all.insert(all.end(), static_cast<std::size_t>(part.dims), of_statistic);
    }
  }
  return all;
}

std::int64_t ProductFamily::latent_dim(std::int64_t /*dims*/) const {
  std::int64_t total = 0;
  for (const Part& part : parts_) total += part.family->latent_dim(part.dims);
  return total;
}

std::vector<torch::Tensor> ProductFamily::split(const torch::Tensor& natural) const {
  std::vector<torch::Tensor> of_parts;
  std::int64_t begin = 0;
  for (const Part& part : parts_) {
    const torch::Tensor own = natural.select(-1, 0).narrow(-1, begin, size_of(part));
    of_parts.push_back(own.unflatten(-1, {part.family->statistics(), part.dims}));
    begin += size_of(part);
  }
  return of_parts;
}

std::vector<torch::Tensor> ProductFamily::split_codes(const torch::Tensor& z) const {
  std::vector<std::int64_t> sizes;
  for (const Part& part : parts_) sizes.push_back(part.family->latent_dim(part.dims));
  return z.split_with_sizes(sizes, -1);
}

torch::Tensor ProductFamily::join(const std::vector<torch::Tensor>& of_parts) {
  std::vector<torch::Tensor> columns;
  for (const torch::Tensor& part : of_parts) columns.push_back(as_column(part));
  return torch::cat(columns, -2);
}

torch::Tensor ProductFamily::sufficient_statistics(const torch::Tensor& z) const {
  return join(
      for_parts(parts_, split_codes(z), [](const auto& f, const auto& x) { return f.sufficient_statistics(x); }));
}

torch::Tensor ProductFamily::log_partition(const torch::Tensor& natural) const {
  return summed(for_parts(parts_, split(natural), [](const auto& f, const auto& x) { return f.log_partition(x); }));
}

torch::Tensor ProductFamily::mean_parameters(const torch::Tensor& natural) const {
  return join(for_parts(parts_, split(natural), [](const auto& f, const auto& x) { return f.mean_parameters(x); }));
}

torch::Tensor ProductFamily::log_base_measure(const torch::Tensor& z) const {
  return summed(for_parts(parts_, split_codes(z), [](const auto& f, const auto& x) { return f.log_base_measure(x); }));
}

torch::Tensor ProductFamily::mean(const torch::Tensor& natural) const {
  return torch::cat(for_parts(parts_, split(natural), [](const auto& f, const auto& x) { return f.mean(x); }), -1);
}

torch::Tensor ProductFamily::variance(const torch::Tensor& natural) const {
  return torch::cat(for_parts(parts_, split(natural), [](const auto& f, const auto& x) { return f.variance(x); }), -1);
}

torch::Tensor ProductFamily::sample(const torch::Tensor& natural, const Draws& draws) const {
  std::uint32_t index = 0;
  return torch::cat(
      for_parts(parts_, split(natural), [&](const auto& f, const auto& x) { return f.sample(x, draws.part(index++)); }),
      -1);
}

torch::Tensor ProductFamily::natural_from_unconstrained(const torch::Tensor& parameters) const {
  return join(for_parts(parts_, split(parameters),
                        [](const auto& f, const auto& x) { return f.natural_from_unconstrained(x); }));
}

std::vector<std::pair<std::string, torch::Tensor>> ProductFamily::parameters() const {
  std::vector<std::pair<std::string, torch::Tensor>> all;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const auto& [name, tensor] : parts_[i].family->parameters()) {
      all.emplace_back(name + "_" + std::to_string(i + 1), tensor);
    }
  }
  return all;
}

LabelledProductFamily::LabelledProductFamily(std::vector<Part> parts)
    : ProductFamily(std::move(parts)), label_(dynamic_cast<const LabelledFamily*>(this->parts().front().family.get())) {
  if (label_ == nullptr) throw std::invalid_argument("labelled product: expected a first part with classes");
}

torch::Tensor LabelledProductFamily::log_partition_of_class(const torch::Tensor& natural,
                                                            const torch::Tensor& y) const {
  const std::vector<torch::Tensor> all = split(natural);
  torch::Tensor total = label_->log_partition_of_class(all.front(), y);
  for (std::size_t i = 1; i < all.size(); ++i) total = total + parts()[i].family->log_partition(all[i]).sum(-1);
  return total;
}

torch::Tensor LabelledProductFamily::mean_parameters_of_class(const torch::Tensor& natural,
                                                              const torch::Tensor& y) const {
  std::vector<torch::Tensor> all = split(natural);
  all.front() = label_->mean_parameters_of_class(all.front(), y);
  for (std::size_t i = 1; i < all.size(); ++i) all[i] = parts()[i].family->mean_parameters(all[i]);
  return join(all);
}

std::shared_ptr<const ExponentialFamily> product_of(std::vector<ProductFamily::Part> parts) {
  if (dynamic_cast<const LabelledFamily*>(parts.front().family.get()) != nullptr) {
    return std::make_shared<LabelledProductFamily>(std::move(parts));
  }
  return std::make_shared<ProductFamily>(std::move(parts));
}

}  // namespace cebm
