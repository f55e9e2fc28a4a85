#include <c10/util/StringUtil.h>
#include <cebm/conditional.h>
#include <cebm/errors.h>

#include <stdexcept>
#include <utility>

namespace cebm {

namespace {

using Function = std::function<torch::Tensor(const torch::Tensor& statistics, const torch::Tensor& condition)>;

/// E(x) = -value(t(x), condition); the condition has one row per image, or one for all images.
class ConditionalEnergy final : public EnergyModel {
 public:
  ConditionalEnergy(std::shared_ptr<Cebm> model, torch::Tensor condition, Function value, Function gradient)
      : EnergyModel(model->image_shape()),
        model_(register_module("model", std::move(model))),
        condition_(std::move(condition)),
        value_(std::move(value)),
        gradient_(std::move(gradient)) {}

  torch::Tensor energy(const torch::Tensor& x) override {
    check_rows(x);
    return -value_(model_->statistics(x), condition_);
  }

  torch::Tensor input_gradient(const torch::Tensor& x) override {
    check_rows(x);
    return model_->pull_back(x, [this](const torch::Tensor& statistics) { return -gradient_(statistics, condition_); });
  }

  EnergyGradient energy_and_gradient(const torch::Tensor& x) override {
    check_rows(x);
    return model_->value_and_pull_back(
        x, [this](const torch::Tensor& statistics) { return -value_(statistics, condition_); },
        [this](const torch::Tensor& statistics) { return -gradient_(statistics, condition_); });
  }

  torch::Tensor latent(const torch::Tensor& x) override { return model_->latent(x); }

  std::optional<EnergyPlan> plan() const override {
    const auto condition_of = [this](const torch::Tensor& t, std::int64_t first) {
      return condition_.size(0) == 1 ? condition_ : condition_.narrow(0, first, t.size(0));
    };
    std::optional<EnergyPlan> plan = model_->plan(StatisticEnergy{
        [this, condition_of](const torch::Tensor& t, std::int64_t first) { return -value_(t, condition_of(t, first)); },
        [this, condition_of](const torch::Tensor& t, std::int64_t first) {
          return -gradient_(t, condition_of(t, first));
        }});
    if (plan && condition_.size(0) > 1) plan->images = condition_.size(0);
    return plan;
  }

  std::unique_ptr<EnergyModel> rows(std::int64_t begin, std::int64_t size) const override {
    if (condition_.size(0) == 1) return nullptr;
    if (begin < 0 || size < 0 || begin + size > condition_.size(0)) {
      throw std::invalid_argument(c10::str("conditional energy: expected rows of ", condition_.size(0),
                                           " conditions, found ", begin, " to ", begin + size - 1));
    }
    return std::make_unique<ConditionalEnergy>(model_, condition_.narrow(0, begin, size), value_, gradient_);
  }

 private:
  void check_rows(const torch::Tensor& x) const {
    const std::int64_t rows = condition_.size(0);
    if (rows == 1 || rows == x.size(0)) return;
    throw std::invalid_argument(
        c10::str("conditional energy: expected ", rows, " images, one for each condition, found ", x.size(0)));
  }

  std::shared_ptr<Cebm> model_;
  torch::Tensor condition_;
  Function value_;
  Function gradient_;
};

}  // namespace

std::shared_ptr<EnergyModel> energy_given_latent(std::shared_ptr<Cebm> model, const torch::Tensor& z) {
  const auto* bias = dynamic_cast<const JointBias*>(&model->bias());
  if (bias == nullptr) throw ConfigError("this model's bias gives no energy of an image for a given z");
  const std::int64_t latent_dim = model->bias().latent_dim();
  if (z.dim() != 2 || z.size(0) < 1 || z.size(1) != latent_dim || !z.is_floating_point()) {
    throw std::invalid_argument(c10::str("energy given z: expected floating-point codes of shape [B, ", latent_dim,
                                         "], found ", z.sizes(), " of ", z.scalar_type()));
  }
  // The bias lives as long as the model, which the energy holds.
  return std::make_shared<ConditionalEnergy>(
      std::move(model), z.detach(),
      [bias](const torch::Tensor& t, const torch::Tensor& given) { return bias->log_joint(t, given.to(t.options())); },
      [bias](const torch::Tensor& t, const torch::Tensor& given) {
        return bias->joint_gradient(t, given.to(t.options()));
      });
}

std::shared_ptr<EnergyModel> energy_given_component(std::shared_ptr<Cebm> model, const torch::Tensor& y) {
  const auto* bias = dynamic_cast<const ComponentBias*>(&model->bias());
  if (bias == nullptr) throw ConfigError("this model's bias has no components to choose from");
  if (y.dim() != 1 || y.size(0) < 1 || y.scalar_type() != torch::kInt64) {
    throw std::invalid_argument(
        c10::str("energy given y: expected int64 components [B], found ", y.sizes(), " of ", y.scalar_type()));
  }
  const std::int64_t components = bias->components();
  for (const torch::Tensor& end : {y.min(), y.max()}) {
    const auto component = end.item<std::int64_t>();
    if (component >= 0 && component < components) continue;
    throw ConfigError(c10::str("component ", component, ": this model's bias has components 0 to ", components - 1));
  }
  return std::make_shared<ConditionalEnergy>(
      std::move(model), y,
      [bias](const torch::Tensor& t, const torch::Tensor& given) {
        return bias->log_component(t, given.to(t.device()));
      },
      [bias](const torch::Tensor& t, const torch::Tensor& given) {
        return bias->component_gradient(t, given.to(t.device()));
      });
}

}  // namespace cebm
