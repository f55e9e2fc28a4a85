// Shows an evaluator a set without a model: the columns are given.
#pragma once

#include <cebm/evaluator.h>

#include <map>
#include <string>

namespace cebm {

class ShownBatch final : public EvaluationBatch {
 public:
  ShownBatch(const Dataset& data, const std::map<std::string, torch::Tensor>& columns, std::int64_t first,
             std::int64_t size)
      : first_(first),
        images_(to_float(data.images.narrow(0, first, size))),
        labels_(data.labels.narrow(0, first, size)) {
    for (const auto& [name, values] : columns) columns_[name] = values.narrow(0, first, size);
  }
  std::int64_t first() const override { return first_; }
  std::int64_t size() const override { return images_.size(0); }
  const torch::Tensor& images() const override { return images_; }
  const torch::Tensor& labels() const override { return labels_; }
  const torch::Tensor& column(const std::string& name) override { return columns_.at(name); }

 private:
  std::int64_t first_;
  torch::Tensor images_;
  torch::Tensor labels_;
  std::map<std::string, torch::Tensor> columns_;
};

inline void show(Evaluator& evaluator, std::size_t feed, const Dataset& data,
                 const std::map<std::string, torch::Tensor>& columns, std::int64_t batch_size = 4) {
  evaluator.begin(feed, data);
  for (std::int64_t first = 0; first < data.size(); first += batch_size) {
    ShownBatch batch(data, columns, first, std::min(batch_size, data.size() - first));
    evaluator.add(feed, batch);
  }
}

/// Black 4 x 4 images with these labels.
inline Dataset labelled_set(std::vector<std::int64_t> labels, std::vector<std::string> classes,
                            const std::string& split) {
  const auto count = static_cast<std::int64_t>(labels.size());
  return {"toy",
          split,
          torch::zeros({count, 1, 4, 4}, torch::kUInt8),
          torch::tensor(labels, torch::kInt64),
          std::move(classes),
          {}};
}

/// [N, 1]
inline torch::Tensor on_a_line(const std::vector<float>& places) { return torch::tensor(places).unsqueeze(1); }

}  // namespace cebm
