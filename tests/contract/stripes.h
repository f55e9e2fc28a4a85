// A data set of the tests' own: small, and needing no files.
#pragma once

#include <cebm/dataset.h>

#include <memory>

namespace cebm {

struct StripesOptions final : Options {
  std::int64_t width = 2;
  void fields(Fields& visit) override { visit.integer("width", width, {1, 8}, "pixels of a stripe"); }
};

/// 24 images of 12 x 10 with stripes that run down or across.
inline std::shared_ptr<Dataset> make_stripes(const StripesOptions& options, const DataContext& context) {
  const auto stripe = [&](std::int64_t length) {
    return torch::arange(length, torch::kInt64).div(options.width, "floor").remainder(2).mul(255);
  };
  const torch::Tensor down = stripe(10).expand({12, 10});
  const torch::Tensor across = stripe(12).unsqueeze(1).expand({12, 10});
  const torch::Tensor images = torch::stack({down, across}).unsqueeze(1).repeat({12, 1, 1, 1}).to(torch::kUInt8);
  const torch::Tensor labels = torch::arange(24, torch::kInt64).remainder(2);
  return std::make_shared<Dataset>(Dataset{"stripes", context.split, images, labels, {"down", "across"}, {}});
}

inline DatasetEntry stripes() {
  return make_entry<StripesOptions, DatasetEntry>("stripes", "stripes", "width: 4", make_stripes);
}

}  // namespace cebm
