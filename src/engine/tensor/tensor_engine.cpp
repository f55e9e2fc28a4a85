#include <c10/util/StringUtil.h>
#include <cebm/loss_gradient.h>
#include <cebm/tiles.h>

#include <cmath>
#include <stdexcept>

#include "core/rows.h"
#include "engine/by_rows.h"
#include "engine/engines.h"
#include "engine/langevin_update.h"

namespace cebm {

namespace {

torch::Tensor checked(const torch::Tensor& gradient, const torch::Tensor& x) {
  if (gradient.sizes() != x.sizes()) {
    throw std::invalid_argument(
        c10::str("engine: expected an input gradient ", x.sizes(), ", found ", gradient.sizes()));
  }
  return gradient.to(x.options(), /*non_blocking=*/false, /*copy=*/false, torch::MemoryFormat::ChannelsLast);
}

torch::Tensor gradient_at(EnergyModel& model, const torch::Tensor& x) { return checked(model.input_gradient(x), x); }

/// Gradient and energy as one row per image, [B, H W C + 1], since by_tiles() returns a single tensor.
torch::Tensor both_at(EnergyModel& model, const torch::Tensor& x) {
  const auto [energies, gradient] = model.energy_and_gradient(x);
  return torch::cat({checked(gradient, x).permute({0, 2, 3, 1}).flatten(1), energies.to(x.options()).unsqueeze(1)}, 1);
}

class TensorEngine final : public Engine {
 public:
  explicit TensorEngine(EnergyModel& model) : model_(model) {}

  std::string name() const override { return "LibTorch's operations, float32"; }

  torch::Tensor outputs(const torch::Tensor& x) override {
    return by_rows(x, [&](const torch::Tensor& part) { return encoder_of_model().forward(part); });
  }

  torch::Tensor energies(const torch::Tensor& x) override {
    return by_tiles(x, [](EnergyModel& model, const torch::Tensor& part) { return model.energy(part); });
  }

  torch::Tensor gradient(const torch::Tensor& x) override { return by_tiles(x, gradient_at); }

  EnergyGradient energies_and_gradient(const torch::Tensor& x) override {
    const torch::Tensor both = by_tiles(x, both_at);
    const std::int64_t pixels = both.size(1) - 1;
    const torch::Tensor gradient = both.narrow(1, 0, pixels).contiguous();
    return {both.select(1, pixels).contiguous(),
            gradient.view({x.size(0), x.size(2), x.size(3), x.size(1)}).permute({0, 3, 1, 2})};
  }

  void langevin(const Chains& chains, const LangevinSteps& steps) override {
    // Chains are independent: a tile makes all its steps in one go.
    for_each_tile(chains.x.device(), chains.x.size(0), [&](const Tile& tile) {
      const torch::Tensor x = chains.x.narrow(0, tile.begin, tile.size);
      const torch::Tensor ids = chains.ids.narrow(0, tile.begin, tile.size);
      const kernels::Rows rows = rows_of(x, ids, "sgld");
      const std::unique_ptr<EnergyModel> own = model_.rows(tile.begin, tile.size);
      kernels::RowFactors factors;
      if (steps.noise_factors != nullptr) factors.noise = steps.noise_factors + tile.begin;
      for (std::size_t t = 0; t < steps.sizes.size(); ++t) {
        const torch::Tensor gradient = gradient_at(own ? *own : model_, x);
        const torch::Tensor scale =
            std::isfinite(steps.norm_bound) ? norm_clip(gradient, steps.norm_bound) : torch::Tensor();
        if (scale.defined()) factors.gradient = scale.const_data_ptr<float>();
        langevin_update(x, gradient, factors, rows, counter_of(steps, t, ids.const_data_ptr<std::int64_t>()),
                        steps.sizes[t]);
      }
    });
  }

  torch::Tensor add_weight_gradient(const torch::Tensor& x,
                                    const std::function<torch::Tensor(const torch::Tensor& energies)>& loss) override {
    const auto energies = [&](const Tile& tile) {
      const std::unique_ptr<EnergyModel> own = model_.rows(tile.begin, tile.size);
      return (own ? *own : model_).energy(x.narrow(0, tile.begin, tile.size));
    };
    return add_loss_gradient(model_.parameters(), x.device(), x.size(0), energies, loss, parts_);
  }

  void add_network_gradient(const torch::Tensor& x,
                            const std::function<torch::Tensor(const torch::Tensor& outputs)>& gradient) override {
    Encoder& encoder = encoder_of_model();
    const auto outputs = [&](const Tile& tile) { return encoder.forward(x.narrow(0, tile.begin, tile.size)); };
    const auto loss = [&](const torch::Tensor& o) { return (o * gradient(o.detach())).sum(); };
    add_loss_gradient(encoder.parameters(), x.device(), x.size(0), outputs, loss, parts_);
  }

 private:
  using Function = torch::Tensor (*)(EnergyModel& model, const torch::Tensor& x);

  Encoder& encoder_of_model() const {
    auto* const encoded = dynamic_cast<EncodedModel*>(&model_);
    if (encoded == nullptr) throw std::logic_error("engine: this model has no network whose outputs it is made of");
    return encoded->encoder();
  }

  torch::Tensor by_tiles(const torch::Tensor& x, Function f) {
    const torch::NoGradGuard no_graph;
    if (model_.rows(0, x.size(0))) return f(model_, x);  // one condition per image: a tile cannot be padded
    return by_rows(x, [&](const torch::Tensor& part) { return f(model_, part); });
  }

  EnergyModel& model_;
};

}  // namespace

std::unique_ptr<Engine> make_tensor_engine(EnergyModel& model) { return std::make_unique<TensorEngine>(model); }

}  // namespace cebm
