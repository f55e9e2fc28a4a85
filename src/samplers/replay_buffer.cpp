#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/replay_buffer.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "core/load_each.h"
#include "core/upload.h"

namespace cebm {

namespace {

// Chain numbers of Stream::buffer_draw; random_subset uses 0.
constexpr std::uint32_t restart_chain = 1;

constexpr std::int64_t kFilledAtOnce = 4096;

torch::Tensor upload(const std::vector<std::int64_t>& values, torch::Device device) {
  return uploaded(torch::tensor(values, torch::kInt64), device);
}

std::vector<std::int64_t> integers(const torch::Tensor& tensor) {
  const torch::Tensor here = tensor.to(torch::kCPU).contiguous();
  const auto* const first = here.const_data_ptr<std::int64_t>();
  return {first, first + here.numel()};
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
             "probability that a drawn chain goes on; otherwise it starts anew");
  start.fields(visit);
  visit.integer(
      "component_steps", component_steps, {0, 1000000},
      "slot i of the buffer belongs to mixture component i mod L, and its chain follows p(x | y) for the first "
      "so many steps of every call, after which the schedules of a call begin anew; 0: none. Only for models with "
      "components");
}

ReplayBuffer::ReplayBuffer(const BufferOptions& options, ImageShape image, std::uint64_t seed, torch::Device device,
                           StartImages images, std::shared_ptr<Ranks> ranks)
    : size_(options.size),
      reuse_probability_(options.reuse_probability),
      image_(image),
      seed_(seed),
      device_(device),
      ranks_(std::move(ranks)),
      starts_(options.start, image, seed, std::move(images)) {}

ReplayBuffer::Slots& ReplayBuffer::slots(std::uint64_t step) const {
  if (!slots_) {
    const auto count = static_cast<std::size_t>(size_);
    const auto on_device = torch::TensorOptions(device_).dtype(torch::kFloat32);
    Slots slots{torch::empty({size_, image_.channels, image_.height, image_.width}, on_device,
                             torch::MemoryFormat::ChannelsLast),
                std::vector(count, static_cast<std::int64_t>(step)), std::vector<std::int64_t>(count, 0)};
    const torch::Tensor all = as_rows(slots.images);
    // In parts: starts from training images need additional memory.
    for (std::int64_t first = 0; first < size_; first += kFilledAtOnce) {
      const std::int64_t end = std::min(size_, first + kFilledAtOnce);
      starts_.fill(all.slice(0, first, end), torch::arange(first, end, torch::kInt64), /*step=*/0);
    }
    slots_ = std::move(slots);
  }
  return *slots_;
}

torch::Tensor ReplayBuffer::first(std::int64_t count) const {
  return images().narrow(0, 0, std::min(count, size_)).clone();
}

Chains ReplayBuffer::draw(std::int64_t count, std::uint64_t step) {
  if (count > size()) {
    throw ConfigError("replay buffer: expected at least as many slots as chains drawn at once (" +
                      std::to_string(count) + "), found size " + std::to_string(size()));
  }
  const at::NoGradGuard no_grad;
  const RandomKey key{seed_, Stream::buffer_draw, step};
  auto& [images, born, calls] = slots(step);
  std::vector<std::int64_t> drawn = random_subset(size(), count, key);
  std::vector<std::int64_t> fresh;  // the rows that restart, and their slots
  std::vector<std::int64_t> fresh_slots;
  std::vector<std::int64_t> calls_of_rows;
  for (std::int64_t row = 0; row < count; ++row) {
    const std::int64_t slot = drawn[row];
    if (random_unit(key, restart_chain, static_cast<std::uint32_t>(slot)) >= reuse_probability_) {
      fresh.push_back(row);
      fresh_slots.push_back(slot);
      born[slot] = static_cast<std::int64_t>(step);
      calls[slot] = 0;
    }
    calls_of_rows.push_back(calls[slot]++);
  }
  restarted_ = std::ssize(fresh);

  const torch::Tensor ids = upload(drawn, device_);
  const torch::Tensor rows = as_rows(images).index_select(0, ids);
  if (!fresh.empty()) {
    const torch::Tensor starts = torch::empty({restarted_, rows.size(1)}, rows.options());
    // The start is that of step + 1: the numbers of step 0 filled the buffer.
    starts_.fill(starts, torch::tensor(fresh_slots, torch::kInt64), step + 1);
    rows.index_copy_(0, upload(fresh, device_), starts);
  }
  return {as_images(rows, images), ids, upload(calls_of_rows, device_)};
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
  const auto& [images, born, calls] = slots();
  auto& part = ranks_->alone() ? state.tensors : state.dealt;
  part["images"] =
      images.slice(0, ranks_->rank(), size_, ranks_->size())
          .to(torch::kCPU, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true, torch::MemoryFormat::Contiguous);
  state.tensors["born"] = torch::tensor(born, torch::kInt64);
  state.tensors["calls"] = torch::tensor(calls, torch::kInt64);
  starts_.save(state);
}

ReplayBuffer::Slots ReplayBuffer::saved_slots(const State& state) const {
  const torch::Tensor& images =
      state.tensor("images", {size_, image_.channels, image_.height, image_.width}, torch::kFloat32);
  std::vector<std::int64_t> born = integers(state.tensor("born", {size_}, torch::kInt64));
  // Checkpoints of earlier versions have no calls; none of their samplers used them.
  std::vector<std::int64_t> calls(static_cast<std::size_t>(size_), 0);
  if (state.tensors.contains("calls")) calls = integers(state.tensor("calls", {size_}, torch::kInt64));
  return {images.detach().to(device_, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true,
                             torch::MemoryFormat::ChannelsLast),
          std::move(born), std::move(calls)};
}

void ReplayBuffer::load(const State& state) {
  load_each({{"chains: ", [&] { slots_ = saved_slots(state); }},
             {"the Gaussian that they start from: ", [&] { starts_.load(state); }}});
}

}  // namespace cebm
