// A small trained run for tests of evaluators, and image sets without files.
#pragma once

#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/trainer.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "contract/rows.h"
#include "contract/stripes.h"
#include "support/folder_test.h"

namespace cebm {

/// A run on stripes, trained for a step.
class EvaluatorTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    catalog_.datasets.add(stripes());
    RunConfig config(catalog_);
    read_options(parse_config("{data: stripes, model: {name: cebm, latent_dim: 3, encoder: {channels: [4], kernels: "
                              "[3], strides: [2], paddings: [1]}}, sampler: {steps: 2}, buffer: {size: 8}, "
                              "train: {steps: 1, batch_size: 4}}"),
                 config);
    train(config, {.directory = folder_ / "run", .data = {}});
    run_ = std::make_unique<OpenedRun>(open_run(folder_ / "run", catalog_, torch::kCPU));
  }

  /// Adds a set `name` with these splits.
  void add_splits(const std::string& name, const Dataset& train, const Dataset& test) {
    catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
        name, name, "{}", [=](const StripesOptions&, const DataContext& context) {
          return std::make_shared<Dataset>(context.split == "train" ? train : test);
        }));
  }

  /// Adds a set `name` of the given grey images [N, 1, 12, 10] and labels.
  void add_set(const std::string& name, const torch::Tensor& images, const torch::Tensor& labels) {
    catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
        name, name, "{}", [=](const StripesOptions&, const DataContext& context) {
          return std::make_shared<Dataset>(Dataset{name, context.split, images, labels, {"down", "across"}, {}});
        }));
  }

  std::shared_ptr<Evaluator> build(const std::string& evaluator, const std::string& yaml, const Feed& own = {}) const {
    const EvaluatorEntry& row = catalog_.evaluators.find(evaluator);
    const auto options = row.options(catalog_);
    read_options(parse_config(yaml), *options);
    return row.build(*options, EvaluatorContext{.model = run_->model,
                                                .own = own,
                                                .run_data = run_->config->data.name(),
                                                .run = run_.get(),
                                                .cache = cache_,
                                                .progress = progress_});
  }

  /// The "result" of an evaluation into the folder `evaluator`.
  nlohmann::json result_of(const std::string& evaluator, const std::string& yaml, const Feed& own = {}) const {
    return evaluate(*run_, catalog_, {{evaluator, build(evaluator, yaml, own), yaml, folder_ / evaluator}},
                    {.columns = folder_ / "columns"})
        .results.at(0)
        .at("result");
  }

  Catalog catalog_;
  std::unique_ptr<OpenedRun> run_;
  std::filesystem::path cache_ = {};  ///< of the evaluators
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress_ = {};  ///< likewise
};

}  // namespace cebm
