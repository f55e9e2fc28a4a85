#include "eval/scores.h"

#include <c10/core/GradMode.h>
#include <cebm/files.h>
#include <cebm/image_io.h>

namespace cebm {

namespace {

class Scores final : public Evaluator {
 public:
  explicit Scores(const EvaluatorContext& context)
      : model_(context.model), energy_model_(std::dynamic_pointer_cast<EnergyModel>(context.model)) {}

  void add(const torch::Tensor& images, const torch::Tensor& labels) override {
    const torch::NoGradGuard no_graph;
    keep("latent", model_->latent(images));
    keep("label", labels);
    if (auto* const density = dynamic_cast<Density*>(model_.get())) keep("log_density", density->log_density(images));
    if (!energy_model_) return;
    keep("energy", energy_model_->energy(images));
    keep("gradient_norm", energy_model_->input_gradient(images).contiguous().flatten(1).norm(2, 1));
  }

  nlohmann::json finish(const std::filesystem::path& directory) override {
    require_writable_directory(directory);
    nlohmann::json summary = nlohmann::json::object();
    for (const auto& [name, batches] : columns_) {
      const torch::Tensor all = torch::cat(batches);
      write_npy(directory / (name + ".npy"), all);
      summary["images"] = all.size(0);
      if (all.dim() == 1 && all.is_floating_point()) {
        summary[name] = {{"mean", all.mean().item<double>()}, {"std", all.std().item<double>()}};
      }
    }
    write_file_atomically(directory / "scores.json", summary.dump(2) + "\n");
    return summary;
  }

 private:
  void keep(const std::string& name, const torch::Tensor& values) { columns_[name].push_back(values.cpu()); }

  std::shared_ptr<Model> model_;
  std::shared_ptr<EnergyModel> energy_model_;
  std::map<std::string, std::vector<torch::Tensor>> columns_;
};

}  // namespace

void ScoresOptions::fields(Fields& visit) { (void)visit; }

std::shared_ptr<Evaluator> make_scores(const ScoresOptions& options, const EvaluatorContext& context) {
  (void)options;
  return std::make_shared<Scores>(context);
}

}  // namespace cebm
