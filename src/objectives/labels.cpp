#include <cebm/classification.h>
#include <cebm/engine.h>
#include <cebm/errors.h>
#include <cebm/objective.h>

#include <algorithm>

#include "core/row_loss.h"
#include "objectives/by_ranks.h"

namespace cebm {

namespace {

class LabelsObjective final : public Objective {
 public:
  LabelsObjective(const LabelsOptions& options, const ObjectiveContext& context, std::shared_ptr<Cebm> model)
      : views_(options.views),
        seed_(context.seed),
        ranks_(context.ranks),
        model_(std::move(model)),
        bias_(*components_of(*model_)),
        engine_(make_engine(*model_, context.device)) {
    if (context.data) require_components(context.data->labels);
  }

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    const torch::Tensor images = views_.changes_images()
                                     ? augmented(batch.clean, batch.ids, views_, {seed_, Stream::label_view, step})
                                     : batch.images;
    LabelLoss result;
    add_network_gradient(*ranks_, *engine_, model_->encoder().parameters(), images, [&](const torch::Tensor& outputs) {
      return add_row_loss(outputs, parameters_of_bias(), logits(),
                          [&](const torch::Tensor& of_images) {
                            result = label_loss(of_images, batch.labels);
                            return result.loss;
                          })
          .gradient;
    });
    return {{"loss", result.loss.detach()}, {"accuracy", result.accuracy}, {"labelled", result.labelled}};
  }

 private:
  std::function<torch::Tensor(const torch::Tensor& rows, std::int64_t first)> logits() const {
    return
        [this](const torch::Tensor& rows, std::int64_t) { return log_components(bias_, model_->statistics_of(rows)); };
  }

  std::vector<torch::Tensor> parameters_of_bias() const {
    std::vector<torch::Tensor> trained = model_->bias().parameters();
    std::erase_if(trained, [](const torch::Tensor& parameter) { return !parameter.requires_grad(); });
    return trained;
  }

  void require_components(const torch::Tensor& labels) const {
    const auto largest = labels.max().item<std::int64_t>();
    if (largest < bias_.components()) return;
    throw DataError("labels: expected classes 0 to " + std::to_string(bias_.components() - 1) +
                    ", the components of the model's bias, found " + std::to_string(largest));
  }

  AugmentationOptions views_;
  std::uint64_t seed_;
  std::shared_ptr<Ranks> ranks_;
  std::shared_ptr<Cebm> model_;
  const ComponentBias& bias_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

void LabelsOptions::fields(Fields& visit) {
  visit.section("views", views, "changes of the images whose labels are learned");
}

std::vector<Metric> LabelsOptions::metrics() const {
  return {{.name = "loss",
           .unit = "cross-entropy, nats",
           .shown = true,
           .weight = "labelled",
           .curve = {"Labels under p(y | x)", "cross-entropy"}},
          {.name = "accuracy",
           .unit = "share of the labelled images",
           .shown = true,
           .weight = "labelled",
           .curve = {"Accuracy of p(y | x) while training", "share"}},
          {.name = "labelled", .unit = "share of the batch"}};
}

std::shared_ptr<Objective> make_labels_objective(const LabelsOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<Cebm>(context.model);
  const ComponentBias* const bias = model ? components_of(*model) : nullptr;
  if (bias == nullptr || bias->components() < 2) {
    throw ConfigError(
        "objective.name: labels are learned by a bias with components, one for each class, and this model's "
        "has none");
  }
  options.views.require_ranges("views");
  return std::make_shared<LabelsObjective>(options, context, std::move(model));
}

}  // namespace cebm
