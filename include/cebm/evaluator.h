/// Evaluations of a trained model: batches of labelled images go in, files and a summary come out.
#pragma once

#include <cebm/model.h>
#include <cebm/registry.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

namespace cebm {

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  /// images [B, C, H, W] float in the model's pixel range on its device; labels [B] int64 on the CPU.
  virtual void add(const torch::Tensor& images, const torch::Tensor& labels) = 0;
  /// Writes the results into `directory` and returns a summary.
  virtual nlohmann::json finish(const std::filesystem::path& directory) = 0;
};

struct EvaluatorContext {
  std::shared_ptr<Model> model;
};

using EvaluatorEntry = Entry<Evaluator, const EvaluatorContext&>;

Registry<EvaluatorEntry> built_in_evaluators();

}  // namespace cebm
