/// Tensors and values of a run as they go into a checkpoint.
#pragma once

#include <torch/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cebm {

/// Tensors with their names, in a fixed order.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Named tensors plus JSON values. Names are unique; tensors are written in name order.
struct State {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json values = nlohmann::json::object();
  /// This rank's rows of tensors that the ranks (ranks.h) save together: rank i mod R has row i of the whole. Each rank
  /// writes its own into a checkpoint; a state read from one has the whole tensors among `tensors`.
  std::map<std::string, torch::Tensor> dealt = {};

  /// The tensor `name`, checked against the wanted shape and type. Throws CheckpointError naming both.
  const torch::Tensor& tensor(const std::string& name, torch::IntArrayRef shape, torch::ScalarType type) const;
};

}  // namespace cebm
