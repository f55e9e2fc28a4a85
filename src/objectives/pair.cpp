#include <c10/core/GradMode.h>
#include <cebm/engine.h>
#include <cebm/errors.h>
#include <cebm/objective.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/row_loss.h"
#include "objectives/by_ranks.h"
#include "objectives/pair_critic.h"

namespace cebm {

namespace {

class PairObjective final : public Objective {
 public:
  PairObjective(const PairOptions& options, const ObjectiveContext& context, std::shared_ptr<Cebm> model)
      : views_(options.views),
        seed_(context.seed),
        ranks_(context.ranks),
        model_(std::move(model)),
        engine_(make_engine(*model_, context.device)) {}

  StepValues add_gradient(const Batch& batch, std::uint64_t step) override {
    PairMatching matching;
    add_network_gradient(*ranks_, *engine_, model_->encoder().parameters(),
                         torch::cat({view(batch, step, 0), view(batch, step, 1)}),
                         [&](const torch::Tensor& outputs) { return gradient(outputs, matching); });
    return {{"loss", matching.loss}, {"accuracy", matching.accuracy}};
  }

 private:
  torch::Tensor view(const Batch& batch, std::uint64_t step, std::uint64_t number) const {
    return augmented(batch.clean, batch.ids, views_, {seed_, Stream::pair_view, 2 * step + number});
  }

  /// d loss / d outputs, the rows of the first views before those of the second views.
  torch::Tensor gradient(const torch::Tensor& outputs, PairMatching& matching) const {
    const auto statistics = [&](const torch::Tensor& rows, std::int64_t) { return model_->statistics_of(rows); };
    const auto pull_back = [&](const torch::Tensor& t) {
      const auto views = t.detach().chunk(2);
      const PairLoss loss = add_pair_loss(model_->bias(), views[0], views[1]);
      matching = loss.matching;
      return (t * torch::cat({loss.of_first, loss.of_second})).sum();  // has the gradient of the loss
    };
    return add_row_loss(outputs, {}, statistics, pull_back).gradient;
  }

  AugmentationOptions views_;
  std::uint64_t seed_;
  std::shared_ptr<Ranks> ranks_;
  std::shared_ptr<Cebm> model_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

void PairOptions::fields(Fields& visit) { visit.section("views", views, "how an image's two views differ from it"); }

std::vector<Metric> PairOptions::metrics() const {
  return {{.name = "loss",
           .unit = "cross-entropy, nats",
           .shown = true,
           .curve = {"Matching two views of an image", "cross-entropy"}},
          {.name = "accuracy",
           .unit = "share of the batch",
           .shown = true,
           .curve = {"Views whose partner is found", "share"}}};
}

std::shared_ptr<Objective> make_pair_objective(const PairOptions& options, const ObjectiveContext& context) {
  auto model = std::dynamic_pointer_cast<Cebm>(context.model);
  if (!model) throw ConfigError("objective.name: pair trains conjugate energy-based models, and this model is none");
  if (context.batch_size == 1) {
    throw ConfigError("train.batch_size: expected at least 2 with objective: pair, which tells images apart, found 1");
  }
  options.views.require_ranges("views");
  return std::make_shared<PairObjective>(options, context, std::move(model));
}

}  // namespace cebm
