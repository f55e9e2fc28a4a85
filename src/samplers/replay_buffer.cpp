#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/replay_buffer.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

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
      "so many steps of every call; 0: none. Only for models with components");
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

ReplayBuffer::Slots& ReplayBuffer::slots() const {
  if (!slots_) {
    const std::vector<std::int64_t> zeros(static_cast<std::size_t>(size_), 0);
    const auto on_device = torch::TensorOptions(device_).dtype(torch::kFloat32);
    const std::int64_t own = dealt(size_)[static_cast<std::size_t>(ranks_->rank())];
    Slots slots{
        torch::empty({own, image_.channels, image_.height, image_.width}, on_device, torch::MemoryFormat::ChannelsLast),
        zeros, zeros};
    const torch::Tensor all = as_rows(slots.images);
    // In parts: starts from training images need additional memory.
    for (std::int64_t first = 0; first < own; first += kFilledAtOnce) {
      const std::int64_t end = std::min(own, first + kFilledAtOnce);
      const torch::Tensor places = torch::arange(first, end, torch::kInt64);
      starts_.fill(all.slice(0, first, end), places * ranks_->size() + ranks_->rank(), /*step=*/0);
    }
    slots_ = std::move(slots);
  }
  return *slots_;
}

std::vector<std::int64_t> ReplayBuffer::dealt(std::int64_t count) const {
  std::vector<std::int64_t> counts;
  for (int r = 0; r < ranks_->size(); ++r) counts.push_back((count - r + ranks_->size() - 1) / ranks_->size());
  return counts;
}

torch::Tensor ReplayBuffer::whole(const torch::Tensor& own, std::int64_t count) const {
  if (ranks_->alone()) return own;
  const std::vector<std::int64_t> counts = dealt(count);
  const torch::Tensor all = ranks_->gather(own, counts);  // one rank after the other
  std::vector<std::int64_t> order;
  for (std::int64_t slot = 0; slot < count; ++slot) {
    const auto below = counts.begin() + rank_of(slot);
    order.push_back(std::accumulate(counts.begin(), below, slot / ranks_->size()));
  }
  return all.index_select(0, upload(order, all.device()));
}

torch::Tensor ReplayBuffer::places_of(const torch::Tensor& slots) const {
  return ranks_->alone() ? slots : slots.div(ranks_->size(), "floor");
}

torch::Tensor ReplayBuffer::first(std::int64_t count) const {
  count = std::min(count, size_);
  const std::int64_t own = dealt(count)[static_cast<std::size_t>(ranks_->rank())];
  return as_images(whole(as_rows(images().narrow(0, 0, own)), count), images()).clone();
}

Chains ReplayBuffer::draw(std::int64_t count, std::uint64_t step) {
  if (count > size()) {
    throw ConfigError("replay buffer: expected at least as many slots as chains drawn at once (" +
                      std::to_string(count) + "), found size " + std::to_string(size()));
  }
  const at::NoGradGuard no_grad;
  const RandomKey key{seed_, Stream::buffer_draw, step};
  auto& [images, born, calls] = slots();
  std::vector<std::int64_t> drawn = random_subset(size(), count, key);
  // Rows of the draw, grouped by the rank that holds their slot.
  std::vector<std::vector<std::int64_t>> rows_of(static_cast<std::size_t>(ranks_->size()));
  std::vector<std::int64_t> fresh;  // which of this rank's rows restart, and their slots
  std::vector<std::int64_t> fresh_slots;
  std::vector<std::int64_t> calls_of_rows;
  restarted_ = 0;
  for (std::int64_t row = 0; row < count; ++row) {
    const std::int64_t slot = drawn[row];
    auto& of_rank = rows_of[static_cast<std::size_t>(rank_of(slot))];
    if (random_unit(key, restart_chain, static_cast<std::uint32_t>(slot)) >= reuse_probability_) {
      if (rank_of(slot) == ranks_->rank()) {
        fresh.push_back(std::ssize(of_rank));
        fresh_slots.push_back(slot);
      }
      ++restarted_;
      born[slot] = static_cast<std::int64_t>(step);
      calls[slot] = 0;
    }
    of_rank.push_back(row);
    calls_of_rows.push_back(calls[slot]++);
  }

  const torch::Tensor ids = upload(drawn, device_);
  auto& own_rows = rows_of[static_cast<std::size_t>(ranks_->rank())];
  const torch::Tensor own_ids = ranks_->alone() ? ids : ids.index_select(0, upload(own_rows, device_));
  const torch::Tensor own = as_rows(images).index_select(0, places_of(own_ids));
  if (!fresh.empty()) {
    const torch::Tensor fresh_rows = upload(fresh, device_);
    const torch::Tensor starts = torch::empty({std::ssize(fresh), own.size(1)}, own.options());
    // The start is that of step + 1: the numbers of step 0 filled the buffer.
    starts_.fill(starts, torch::tensor(fresh_slots, torch::kInt64), step + 1);
    own.index_copy_(0, fresh_rows, starts);
  }
  return {as_images(in_order_of_draw(own, rows_of), images), ids, upload(calls_of_rows, device_)};
}

torch::Tensor ReplayBuffer::in_order_of_draw(const torch::Tensor& own,
                                             const std::vector<std::vector<std::int64_t>>& rows_of) const {
  if (ranks_->alone()) return own;
  std::vector<std::int64_t> counts;
  std::vector<std::int64_t> places;
  for (const auto& rows : rows_of) {
    counts.push_back(std::ssize(rows));
    places.insert(places.end(), rows.begin(), rows.end());
  }
  const torch::Tensor all = ranks_->gather(own, counts);
  return torch::empty_like(all).index_copy_(0, upload(places, device_), all);
}

void ReplayBuffer::store(const Chains& chains) {
  const at::NoGradGuard no_grad;
  torch::Tensor ids = chains.ids;
  torch::Tensor rows = as_rows(chains.x);
  if (!ranks_->alone()) {
    const torch::Tensor own = ids.remainder(ranks_->size()).eq(ranks_->rank()).nonzero().flatten();
    ids = ids.index_select(0, own);
    rows = rows.index_select(0, own);
  }
  as_rows(slots().images).index_copy_(0, places_of(ids), rows);
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
      images.to(torch::kCPU, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true, torch::MemoryFormat::Contiguous);
  state.tensors["born"] = torch::tensor(born, torch::kInt64);
  state.tensors["calls"] = torch::tensor(calls, torch::kInt64);
  starts_.save(state);
}

void ReplayBuffer::load(const State& state) {
  const torch::Tensor& images =
      state.tensor("images", {size_, image_.channels, image_.height, image_.width}, torch::kFloat32);
  std::vector<std::int64_t> born = integers(state.tensor("born", {size_}, torch::kInt64));
  // Checkpoints of earlier versions have no calls; none of their samplers used them.
  std::vector<std::int64_t> calls(static_cast<std::size_t>(size_), 0);
  if (state.tensors.contains("calls")) calls = integers(state.tensor("calls", {size_}, torch::kInt64));
  starts_.load(state);
  const torch::Tensor own = images.slice(0, ranks_->rank(), size_, ranks_->size());
  slots_ = Slots{own.detach().to(device_, torch::kFloat32, /*non_blocking=*/false, /*copy=*/true,
                                 torch::MemoryFormat::ChannelsLast),
                 std::move(born), std::move(calls)};
}

}  // namespace cebm
