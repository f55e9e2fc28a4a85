#include "objectives/by_ranks.h"

#include <c10/core/GradMode.h>

#include <utility>

namespace cebm {

namespace {

/// Shares are multiples of this many rows, so that each part of a single process lies within one rank: the largest
/// number of images whose gradients are added up in one part (tile_loss.h, row_loss.h, engine/cpu/weight_gradient.cpp).
constexpr std::int64_t kUnit = 64;

std::int64_t unit_of(const torch::Device& device, std::int64_t unit) { return device.is_cpu() ? unit : 1; }

/// A gradient that the ranks add up. Until finish() the parameters have none; their earlier ones are set aside.
class SummedGradient {
 public:
  SummedGradient(Ranks& ranks, std::vector<torch::Tensor> parameters) : ranks_(ranks) {
    for (torch::Tensor& parameter : parameters) {
      if (!parameter.requires_grad()) continue;
      earlier_.push_back(std::exchange(parameter.mutable_grad(), torch::Tensor()));
      numbers_ += parameter.numel();
      parameters_.push_back(std::move(parameter));
    }
  }

  GradientParts& parts() { return parts_; }

  /// Call once the gradients are in parts(), or in grad() where no parts were handed over.
  void finish() {
    const torch::NoGradGuard no_graph;
    const torch::Tensor flat = torch::zeros({numbers_}, parameters_.front().options().requires_grad(false));
    ranks_.accumulate(flat, [&] { add_own(flat); });
    std::int64_t at = 0;
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      torch::Tensor& sum = parameters_[p].mutable_grad();
      sum = place(flat, parameters_[p], at);
      if (earlier_[p].defined()) sum = earlier_[p].add_(sum);
    }
  }

 private:
  static torch::Tensor place(const torch::Tensor& flat, const torch::Tensor& parameter, std::int64_t& at) {
    const std::int64_t begin = std::exchange(at, at + parameter.numel());
    return flat.narrow(0, begin, parameter.numel()).view(parameter.sizes());
  }

  void add_own(const torch::Tensor& flat) const {
    std::int64_t at = 0;
    for (const torch::Tensor& parameter : parameters_) {
      const torch::Tensor sum = place(flat, parameter, at);
      bool first = ranks_.leads();  // copies the first part: adding -0 to 0 would give 0
      const auto add = [&](const torch::Tensor& part) {
        if (std::exchange(first, false)) {
          sum.copy_(part);
        } else {
          sum.add_(part);
        }
      };
      for (const torch::Tensor& part : parts_.of(parameter)) add(part);
      if (parameter.grad().defined()) add(parameter.grad());
    }
  }

  Ranks& ranks_;
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> earlier_;
  std::int64_t numbers_ = 0;
  GradientParts parts_;
};

/// Makes an engine collect gradients in `parts` during this object's lifetime.
class Collecting {
 public:
  Collecting(Engine& engine, GradientParts& parts) : engine_(engine) { engine_.collect_in(&parts); }
  ~Collecting() { engine_.collect_in(nullptr); }
  Collecting(const Collecting&) = delete;
  Collecting& operator=(const Collecting&) = delete;

 private:
  Engine& engine_;
};

}  // namespace

torch::Tensor add_weight_gradient(Ranks& ranks, Engine& engine, const std::vector<torch::Tensor>& parameters,
                                  const torch::Tensor& images, const LossOfValues& loss) {
  if (ranks.alone()) return engine.add_weight_gradient(images, loss);
  const Shares shares = ranks.shares(images.size(0), unit_of(images.device(), kUnit));
  SummedGradient sum(ranks, parameters);
  torch::Tensor value;
  {
    const Collecting collecting(engine, sum.parts());
    value = engine.add_weight_gradient(
        ranks.own(images, shares), [&](const torch::Tensor& energies) { return loss(ranks.joined(energies, shares)); });
  }
  sum.finish();
  return value;
}

void add_network_gradient(Ranks& ranks, Engine& engine, const std::vector<torch::Tensor>& parameters,
                          const torch::Tensor& images,
                          const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient) {
  if (ranks.alone()) return engine.add_network_gradient(images, gradient);
  const Shares shares = ranks.shares(images.size(0), unit_of(images.device(), kUnit));
  SummedGradient sum(ranks, parameters);
  {
    const Collecting collecting(engine, sum.parts());
    engine.add_network_gradient(ranks.own(images, shares), [&](const torch::Tensor& outputs) {
      return ranks.own(gradient(ranks.gather(outputs.detach(), shares.sizes())), shares);
    });
  }
  sum.finish();
}

torch::Tensor add_elbo_gradient(Ranks& ranks, ElboGradient& gradient, const std::vector<torch::Tensor>& parameters,
                                const torch::Tensor& images, const torch::Tensor& noise, const LossOfValues& loss) {
  if (ranks.alone()) return gradient.add(images, noise, loss);
  const Shares shares = shares_of_tiles(ranks, images);
  SummedGradient sum(ranks, parameters);
  const torch::Tensor value = gradient.add(
      ranks.own(images, shares), ranks.own(noise, shares),
      [&](const torch::Tensor& own) { return loss(ranks.joined(own, shares)); }, &sum.parts());
  sum.finish();
  return value;
}

Shares shares_of_tiles(const Ranks& ranks, const torch::Tensor& images) {
  return ranks.shares(images.size(0), unit_of(images.device(), kTileSize));
}

torch::Tensor gather_images(Ranks& ranks, const torch::Tensor& own, const Shares& shares) {
  if (ranks.alone()) return own;
  return ranks.gather(own.permute({0, 2, 3, 1}), shares.sizes()).permute({0, 3, 1, 2});
}

torch::Tensor gradient_of_all(Ranks& ranks, Engine& engine, const torch::Tensor& images) {
  const Shares shares = shares_of_tiles(ranks, images);
  return gather_images(ranks, engine.gradient(ranks.own(images, shares)), shares);
}

StepValues means_of_ranks(Ranks& ranks, const StepValues& own, const Shares& shares) {
  if (ranks.alone() || own.empty()) return own;
  const std::vector<std::int64_t> one(static_cast<std::size_t>(ranks.size()), 1);
  const auto count = static_cast<double>(shares.begin(ranks.size() - 1) + shares.size(ranks.size() - 1));
  StepValues means;
  for (const auto& [name, value] : own) {
    const torch::Tensor all = ranks.gather(value.reshape({1}), one);
    torch::Tensor mean = torch::zeros_like(value);
    for (int r = 0; r < ranks.size(); ++r) mean.add_(all[r], static_cast<double>(shares.size(r)) / count);
    means.emplace_back(name, mean);
  }
  return means;
}

}  // namespace cebm
