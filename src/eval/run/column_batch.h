// A batch of images whose per-image quantities come from a store.
#pragma once

#include <cebm/evaluator.h>

#include <map>
#include <string>

#include "eval/run/column_store.h"

namespace cebm {

class ColumnBatch final : public EvaluationBatch {
 public:
  /// Store and source must outlive it. `first`: place of the first image in its set.
  ColumnBatch(ColumnStore& store, ColumnSource& source, torch::Tensor images, torch::Tensor labels, std::int64_t first)
      : store_(store), source_(source), images_(std::move(images)), labels_(std::move(labels)), first_(first) {}
  std::int64_t first() const override { return first_; }
  std::int64_t size() const override { return images_.size(0); }
  const torch::Tensor& images() const override { return images_; }
  const torch::Tensor& labels() const override { return labels_; }
  const torch::Tensor& column(const std::string& name) override {
    const auto found = columns_.find(name);
    if (found != columns_.end()) return found->second;
    return columns_[name] = store_.rows(name, source_, images_, first_);
  }

 private:
  ColumnStore& store_;
  ColumnSource& source_;
  torch::Tensor images_;
  torch::Tensor labels_;
  std::int64_t first_;
  std::map<std::string, torch::Tensor> columns_;
};

}  // namespace cebm
