#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/replay_buffer.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace cebm {

namespace {

// Chains of Stream::buffer_draw: 0 is random_subset's.
constexpr std::uint32_t restart_chain = 1;

torch::Tensor upload(std::vector<std::int64_t>& values, torch::Device device) {
  return torch::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, torch::kInt64)
      .to(device, torch::kInt64, /*non_blocking=*/false, /*copy=*/true);
}

/// [N, C, H, W] channels-last as [N, H W C], sharing memory.
torch::Tensor as_rows(const torch::Tensor& images) { return images.permute({0, 2, 3, 1}).flatten(1); }

/// The inverse of as_rows.
torch::Tensor as_images(const torch::Tensor& rows, const torch::Tensor& like) {
  return rows.view({rows.size(0), like.size(2), like.size(3), like.size(1)}).permute({0, 3, 1, 2});
}

}  // namespace

void BufferOptions::fields(Fields& visit) {
  visit.integer("size", size, {1, 100000000}, "number of chains kept between gradient steps");
  visit.real("reuse_probability", reuse_probability, {0.0, 1.0},
             "probability that a drawn chain goes on; otherwise it restarts from uniform noise");
}

ReplayBuffer::ReplayBuffer(const BufferOptions& options, ImageShape image, std::uint64_t seed, torch::Device device)
    : size_(options.size), reuse_probability_(options.reuse_probability), image_(image), seed_(seed), device_(device) {}

ReplayBuffer::Slots& ReplayBuffer::slots() const {
  if (!slots_) {
    slots_ = Slots{noise_chains(size_, image_, seed_, device_).x,
                   std::vector<std::int64_t>(static_cast<std::size_t>(size_), 0)};
  }
  return *slots_;
}

Chains ReplayBuffer::draw(std::int64_t count, std::uint64_t step) {
  if (count > size()) {
    throw ConfigError("replay buffer: expected at least as many slots as chains drawn at once (" +
                      std::to_string(count) + "), found size " + std::to_string(size()));
  }
  const at::NoGradGuard no_grad;
  const RandomKey key{seed_, Stream::buffer_draw, step};
  auto& [images, born] = slots();
  std::vector<std::int64_t> drawn = random_subset(size(), count, key);
  std::vector<std::int64_t> fresh;  // rows of the draw that restart
  for (std::int64_t row = 0; row < count; ++row) {
    if (random_unit(key, restart_chain, static_cast<std::uint32_t>(drawn[row])) < reuse_probability_) continue;
    fresh.push_back(row);
    born[drawn[row]] = static_cast<std::int64_t>(step);
  }
  restarted_ = static_cast<std::int64_t>(fresh.size());

  const torch::Tensor ids = upload(drawn, device_);
  const torch::Tensor rows = as_rows(images).index_select(0, ids);
  if (!fresh.empty()) {
    const torch::Tensor fresh_rows = upload(fresh, device_);
    const torch::Tensor noise = torch::empty({restarted_, rows.size(1)}, rows.options());
    // The start is that of step + 1: the numbers of step 0 filled the buffer.
    fill_uniform(noise, {seed_, Stream::chain_start, step + 1}, ids.index_select(0, fresh_rows), -1.0F, 1.0F);
    rows.index_copy_(0, fresh_rows, noise);
  }
  return {as_images(rows, images), ids};
}

void ReplayBuffer::store(const Chains& chains) {
  const at::NoGradGuard no_grad;
  as_rows(slots().images).index_copy_(0, chains.ids, as_rows(chains.x));
}

double ReplayBuffer::mean_age(std::uint64_t step) const {
  const std::vector<std::int64_t>& born = slots().born;
  const double sum = std::accumulate(born.begin(), born.end(), 0.0,
                                     [](double total, std::int64_t at) { return total + static_cast<double>(at); });
  return static_cast<double>(step) - sum / static_cast<double>(size_);
}

void ReplayBuffer::save(State& state) const {
  const auto& [images, born] = slots();
  state.tensors["images"] =
      images.to(torch::kCPU, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true, torch::MemoryFormat::Contiguous);
  const torch::Tensor saved = torch::empty({size()}, torch::kInt64);
  std::copy(born.begin(), born.end(), saved.data_ptr<std::int64_t>());
  state.tensors["born"] = saved;
}

void ReplayBuffer::load(const State& state) {
  const torch::Tensor& images =
      state.tensor("images", {size_, image_.channels, image_.height, image_.width}, torch::kFloat32);
  const torch::Tensor born = state.tensor("born", {size_}, torch::kInt64).to(torch::kCPU).contiguous();
  const auto* const first = born.const_data_ptr<std::int64_t>();
  slots_ = Slots{images.detach().to(device_, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true,
                                    torch::MemoryFormat::ChannelsLast),
                 {first, first + size_}};
}

}  // namespace cebm
