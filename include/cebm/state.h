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
  /// Rows of this rank (ranks.h) of tensors that are dealt: row i of the whole lies with rank i mod R. Each rank writes
  /// its own into a checkpoint; what is read from one holds them whole among `tensors`.
  std::map<std::string, torch::Tensor> dealt = {};

  /// The tensor `name`, checked against the wanted shape and type. Throws CheckpointError naming both.
  const torch::Tensor& tensor(const std::string& name, torch::IntArrayRef shape, torch::ScalarType type) const;
};

}  // namespace cebm
