#include <c10/core/GradMode.h>
#include <cebm/chain_starts.h>
#include <cebm/errors.h>
#include <cebm/random.h>

#include <string>
#include <vector>

#include "core/upload.h"

namespace cebm {

namespace {

/// [n, C, H, W] as dense rows [n, H W C].
torch::Tensor rows_of_images(const torch::Tensor& images) { return images.permute({0, 2, 3, 1}).flatten(1); }

}  // namespace

void ChainStartOptions::fields(Fields& visit) {
  static constexpr std::pair<const char*, ChainStart> starts[] = {{"noise", ChainStart::noise},
                                                                  {"data", ChainStart::data},
                                                                  {"data_noise", ChainStart::data_noise},
                                                                  {"gaussian", ChainStart::gaussian}};
  visit.enumeration<ChainStart>("start", from, starts,
                                "where chains start: uniform noise (paper), training images, training images plus "
                                "Gaussian noise, or a Gaussian fitted to the training images");
  visit.when({from == ChainStart::data_noise, "start: data_noise"}, [&] {
    visit.real("start_noise_std", noise_std, {0.0, 10.0}, "standard deviation of that noise");
  });
  visit.when({from == ChainStart::gaussian, "start: gaussian"}, [&] {
    visit.integer("start_components", components, {1, 100000}, "principal components of the Gaussian's covariance");
  });
}

ChainStarts::ChainStarts(const ChainStartOptions& options, ImageShape image, std::uint64_t seed, StartImages images)
    : options_(options), image_(image), seed_(seed), images_(std::move(images)) {}

void ChainStarts::fill(const torch::Tensor& rows, const torch::Tensor& ids_on_host, std::uint64_t step) {
  const at::NoGradGuard no_grad;
  const torch::Tensor ids = uploaded(ids_on_host, rows.device());
  if (options_.from == ChainStart::noise) {
    fill_uniform(rows, {seed_, Stream::chain_start, step}, ids, -1.0F, 1.0F);
    return;
  }
  if (options_.from == ChainStart::gaussian) {
    const FittedGaussian& fitted = gaussian(rows.device());
    const torch::Tensor noise = torch::empty({rows.size(0), fitted.directions.size(0)}, rows.options());
    fill_normal(noise, {seed_, Stream::start_noise, step}, ids);
    rows.copy_(fitted.mean.expand_as(rows));
    // Direction by direction: the rounding of a matrix product would depend on the number of rows.
    for (std::int64_t k = 0; k < noise.size(1); ++k) rows.addcmul_(noise.narrow(1, k, 1), fitted.directions[k]);
    rows.clamp_(-1.0, 1.0);
    return;
  }
  rows.copy_(rows_of_images(chosen(ids_on_host, step)));
  if (options_.from == ChainStart::data_noise) {
    const torch::Tensor noise = torch::empty_like(rows);
    fill_normal(noise, {seed_, Stream::start_noise, step}, ids);
    rows.add_(noise, options_.noise_std);
  }
  rows.clamp_(-1.0, 1.0);
}

torch::Tensor ChainStarts::chosen(const torch::Tensor& ids, std::uint64_t step) const {
  if (images_.count < 1) throw ConfigError("buffer.start: expected training images to start from, found none");
  const auto* const chains = ids.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    const double unit = random_unit({seed_, Stream::start_image, step}, static_cast<std::uint32_t>(chains[i]), 0);
    rows.push_back(static_cast<std::int64_t>(unit * static_cast<double>(images_.count)));
  }
  return images_.images(torch::tensor(rows, torch::kInt64));
}

void ChainStarts::fit() {
  if (gaussian_) return;
  if (images_.count < 2) {
    throw ConfigError("buffer.start: gaussian: expected at least 2 training images, found " +
                      std::to_string(images_.count));
  }
  gaussian_ = fit_gaussian(images_, options_.components, seed_);
}

const FittedGaussian& ChainStarts::gaussian(torch::Device device) {
  fit();
  gaussian_->mean = gaussian_->mean.to(device);
  gaussian_->directions = gaussian_->directions.to(device);
  return *gaussian_;
}

void ChainStarts::save(State& state) {
  if (options_.from != ChainStart::gaussian) return;
  fit();
  state.tensors["start_mean"] = gaussian_->mean.to(torch::kCPU, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
  state.tensors["start_directions"] =
      gaussian_->directions.to(torch::kCPU, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
}

void ChainStarts::load(const State& state) {
  if (options_.from != ChainStart::gaussian) return;
  const auto found = state.tensors.find("start_directions");
  const std::int64_t rank = found == state.tensors.end() || found->second.dim() != 2 ? 0 : found->second.size(0);
  gaussian_ = FittedGaussian{state.tensor("start_mean", {image_.numel()}, torch::kFloat32).clone(),
                             state.tensor("start_directions", {rank, image_.numel()}, torch::kFloat32).clone()};
}

}  // namespace cebm
