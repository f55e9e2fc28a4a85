#include "io/dealt_rows.h"

#include <ATen/ops/empty.h>

#include <stdexcept>

namespace cebm {

namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw std::invalid_argument("tensor '" + name + "': expected " + what + " with every rank, found another");
}

/// Counts the rows of all ranks and checks each rank's share: the first ranks may have one more than the others.
std::int64_t count_rows(const std::string& name, const std::vector<torch::Tensor>& parts) {
  std::int64_t count = 0;
  for (const torch::Tensor& part : parts) {
    if (part.dim() == 0 || part.dim() != parts[0].dim() || part.scalar_type() != parts[0].scalar_type() ||
        part.sizes().slice(1) != parts[0].sizes().slice(1)) {
      refuse(name, "rows of one shape and type");
    }
    count += part.size(0);
  }
  const std::int64_t ranks = std::ssize(parts);
  for (std::int64_t r = 0; r < ranks; ++r) {
    if (parts[static_cast<std::size_t>(r)].size(0) != (count - r + ranks - 1) / ranks) {
      refuse(name, "its share of " + std::to_string(count) + " rows");
    }
  }
  return count;
}

}  // namespace

TensorMap put_together(const std::vector<TensorMap>& of_ranks) {
  TensorMap whole;
  for (const auto& [name, first] : of_ranks.front()) {
    std::vector<torch::Tensor> parts;
    for (const TensorMap& of_rank : of_ranks) {
      const auto found = of_rank.find(name);
      if (found == of_rank.end() || of_rank.size() != of_ranks.front().size()) refuse(name, "the same names");
      parts.push_back(found->second);
    }
    std::vector<std::int64_t> shape = first.sizes().vec();
    const std::int64_t rows = count_rows(name, parts);
    shape[0] = rows;
    const torch::Tensor all = at::empty(shape, first.options());
    for (std::int64_t r = 0; r < std::ssize(parts); ++r) {
      if (parts[static_cast<std::size_t>(r)].size(0) == 0) continue;
      all.slice(0, r, rows, std::ssize(parts)).copy_(parts[static_cast<std::size_t>(r)]);
    }
    whole[name] = all;
  }
  return whole;
}

}  // namespace cebm
