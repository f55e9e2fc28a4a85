#include <c10/core/GradMode.h>
#include <cebm/tiles.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>

namespace cebm {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// One tile between the forward and the backward pass: its results are computed from its own leaf tensors.
struct TilePart {
  variable_list leaves;
  variable_list results;
};

struct TileParts final : torch::CustomClassHolder {
  std::int64_t count = 0;
  std::vector<TilePart> parts;
};

/// Computes every tile. The first `inputs` tensors of `all` are split into tiles, the others are shared by all tiles.
std::vector<TilePart> compute(at::TensorList all, std::int64_t count, std::size_t inputs,
                              const TileFunction& function) {
  std::vector<TilePart> parts(static_cast<std::size_t>(tile_count(torch::kCPU, count)));
  for_each_tile(torch::kCPU, count, [&](const Tile& tile) {
    TilePart& part = parts[static_cast<std::size_t>(tile.index)];
    for (std::size_t i = 0; i < all.size(); ++i) {
      const torch::Tensor value = i < inputs ? all[i].narrow(0, tile.begin, tile.size) : all[i];
      part.leaves.push_back(value.detach().requires_grad_(all[i].requires_grad()));
    }
    const auto first_shared = part.leaves.begin() + static_cast<std::ptrdiff_t>(inputs);
    part.results = function(tile, {part.leaves.begin(), first_shared}, {first_shared, part.leaves.end()});
  });
  return parts;
}

variable_list concatenate(const std::vector<TilePart>& parts) {
  variable_list results;
  for (std::size_t r = 0; r < parts.front().results.size(); ++r) {
    variable_list rows;
    for (const TilePart& part : parts) rows.push_back(part.results[r].detach());
    results.push_back(torch::cat(rows));
  }
  return results;
}

/// Computes the gradients of the tile's `wanted` leaves. `gradients` belong to the whole results; the tile's part of
/// result r begins at rows[r].
variable_list pull_back(const TilePart& part, const std::vector<std::size_t>& wanted, const variable_list& gradients,
                        const std::vector<std::int64_t>& rows) {
  variable_list results;
  variable_list flowing;
  for (std::size_t r = 0; r < part.results.size(); ++r) {
    if (!gradients[r].defined() || !part.results[r].requires_grad()) continue;
    results.push_back(part.results[r]);
    flowing.push_back(gradients[r].narrow(0, rows[r], part.results[r].size(0)));
  }
  variable_list leaves;
  for (const std::size_t i : wanted) leaves.push_back(part.leaves[i]);
  if (results.empty()) return variable_list(leaves.size());
  return torch::autograd::grad(results, leaves, flowing, /*retain_graph=*/false, /*create_graph=*/false,
                               /*allow_unused=*/true);
}

class TileMap final : public torch::autograd::Function<TileMap> {
 public:
  static variable_list forward(AutogradContext* context, at::TensorList all, std::int64_t count, std::size_t inputs,
                               const TileFunction& function) {
    const auto kept = c10::make_intrusive<TileParts>();
    kept->count = count;
    {
      const torch::AutoGradMode record(true);
      kept->parts = compute(all, count, inputs, function);
    }
    context->set_materialize_grads(false);
    context->saved_data["parts"] = c10::IValue::make_capsule(kept);
    context->saved_data["inputs"] = static_cast<std::int64_t>(inputs);
    return concatenate(kept->parts);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto kept = c10::static_intrusive_pointer_cast<TileParts>(context->saved_data["parts"].toCapsule());
    std::vector<TilePart>& parts = kept->parts;
    if (parts.front().leaves.empty()) throw std::logic_error("map_tiles: expected one backward pass, found a second");
    const std::size_t tensors = parts.front().leaves.size();
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < tensors; ++i) {
      if (context->needs_input_grad(i)) wanted.push_back(i);
    }

    std::vector<std::vector<std::int64_t>> rows(parts.size(), std::vector<std::int64_t>(gradients.size(), 0));
    for (std::size_t t = 1; t < parts.size(); ++t) {
      for (std::size_t r = 0; r < gradients.size(); ++r) rows[t][r] = rows[t - 1][r] + parts[t - 1].results[r].size(0);
    }
    std::vector<variable_list> found(parts.size());
    for_each_tile(torch::kCPU, kept->count, [&](const Tile& tile) {
      const auto t = static_cast<std::size_t>(tile.index);
      found[t] = pull_back(parts[t], wanted, gradients, rows[t]);
    });

    variable_list all(tensors + 3);  // undefined for the arguments that are no tensors
    const auto inputs = static_cast<std::size_t>(context->saved_data["inputs"].toInt());
    for (std::size_t w = 0; w < wanted.size(); ++w) {
      all[wanted[w]] = wanted[w] < inputs ? join(parts, found, w, wanted[w]) : sum(found, w);
    }
    for (TilePart& part : parts) part = {};  // frees the tiles' graphs
    return all;
  }

 private:
  static torch::Tensor join(const std::vector<TilePart>& parts, const std::vector<variable_list>& found,
                            std::size_t entry, std::size_t leaf) {
    variable_list rows;
    for (std::size_t t = 0; t < parts.size(); ++t) {
      const torch::Tensor& gradient = found[t][entry];
      rows.push_back(gradient.defined() ? gradient : torch::zeros_like(parts[t].leaves[leaf]));
    }
    return torch::cat(rows);
  }

  static torch::Tensor sum(const std::vector<variable_list>& found, std::size_t entry) {
    torch::Tensor total;
    for (const variable_list& tile : found) {
      if (tile[entry].defined()) total = total.defined() ? total.add_(tile[entry]) : tile[entry].clone();
    }
    return total;
  }
};

}  // namespace

std::vector<torch::Tensor> map_tiles(std::int64_t count, const std::vector<torch::Tensor>& inputs,
                                     const std::vector<torch::Tensor>& shared, const TileFunction& function) {
  variable_list all = inputs;
  all.insert(all.end(), shared.begin(), shared.end());
  if (!all.front().is_cpu()) return function({0, 0, count}, inputs, shared);
  const bool records = torch::GradMode::is_enabled() &&
                       std::any_of(all.begin(), all.end(), [](const auto& tensor) { return tensor.requires_grad(); });
  if (records) return TileMap::apply(at::TensorList(all), count, inputs.size(), function);
  return concatenate(compute(all, count, inputs.size(), function));
}

}  // namespace cebm
