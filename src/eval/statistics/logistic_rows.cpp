#include "eval/statistics/logistic_rows.h"

#include <cebm/errors.h>
#include <cebm/tiles.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace cebm {

namespace {

constexpr std::int64_t kRowsAtATime = 128;
constexpr double kLargestRatio = 1e3;  ///< of mean and deviation, for float32

[[noreturn]] void refuse(const torch::Tensor& rows, const torch::Tensor& places) {
  const torch::Tensor first = rows.isfinite().logical_not().nonzero()[0];
  throw NumericsError("logistic regression: feature " + std::to_string(first[1].item<std::int64_t>()) + " of image " +
                      std::to_string(places[first[0]].item<std::int64_t>()) + " is not finite");
}

bool are_consecutive(const torch::Tensor& places) {
  if (places.size(0) == 0) return true;
  return places.sub(places[0]).equal(torch::arange(places.size(0)));
}

}  // namespace

LogisticRows::LogisticRows(const torch::Tensor& features, torch::Tensor chosen,
                           const LogisticRegressionSettings& settings)
    : features_(features.contiguous()),
      chosen_(std::move(chosen)),
      mean_(settings.mean),
      deviation_(settings.deviation),
      unit_(features.scalar_type() == torch::kUInt8 ? 1.0 / 255.0 : 1.0),
      consecutive_(are_consecutive(chosen_)) {
  const auto type = features.scalar_type();
  if (features.dim() != 2 || (type != torch::kFloat && type != torch::kUInt8))
    throw std::invalid_argument("logistic regression: expected features [N, D] of float32 or uint8");
  for (const torch::Tensor& scale : {mean_, deviation_}) {
    if (scale.defined() &&
        (scale.dim() != 1 || scale.size(0) != features.size(1) || scale.scalar_type() != torch::kDouble))
      throw std::invalid_argument("logistic regression: expected a float64 mean and deviation for each feature");
  }
  if (mean_.defined() != deviation_.defined())
    throw std::invalid_argument("logistic regression: expected both mean and deviation, or neither");
}

torch::Tensor LogisticRows::numbers(const torch::Tensor& stored, const torch::Tensor& places,
                                    torch::ScalarType type) const {
  const std::int64_t features = features_.size(1);
  torch::Tensor rows = torch::empty({stored.size(0), features + 1}, type);
  rows.narrow(1, 0, features).copy_(stored);
  rows.select(1, features).fill_(1.0);
  const bool may_be_infinite = features_.scalar_type() == torch::kFloat;
  if (may_be_infinite && !rows.sum().isfinite().item<bool>() && !rows.isfinite().all().item<bool>()) {
    refuse(rows, places);
  }
  return rows;
}

torch::Tensor LogisticRows::scaled(torch::Tensor rows) const {
  torch::Tensor values = rows.narrow(1, 0, features_.size(1));
  values.mul_(unit_);
  if (mean_.defined()) values.sub_(mean_).div_(deviation_);
  return rows;
}

torch::Tensor LogisticRows::raw(std::int64_t begin, std::int64_t size, torch::ScalarType type) const {
  const torch::Tensor places = chosen_.narrow(0, begin, size);
  if (consecutive_ && size > 0) return numbers(features_.narrow(0, places[0].item<std::int64_t>(), size), places, type);
  return numbers(features_.index_select(0, places), places, type);
}

torch::Tensor LogisticRows::at(const torch::Tensor& i, torch::ScalarType type) const {
  const torch::Tensor places = chosen_.index_select(0, i);
  return scaled(numbers(features_.index_select(0, places), places, type));
}

bool LogisticRows::float_suffices() const {
  return !mean_.defined() || mean_.abs().div(deviation_).max().item<double>() < kLargestRatio;
}

torch::Tensor LogisticRows::raw_weights(const torch::Tensor& weights) const {
  torch::Tensor result = weights.clone();
  torch::Tensor of_features = result.narrow(1, 0, features_.size(1));
  if (mean_.defined()) {
    of_features.div_(deviation_);
    result.select(1, features_.size(1)).sub_(of_features.mv(mean_));
  }
  of_features.mul_(unit_);
  return result;
}

torch::Tensor LogisticRows::spread_places(std::int64_t most) const {
  const std::int64_t taken = std::min(most, count());
  return torch::arange(taken).mul_(count()).floor_divide_(taken);
}

torch::Tensor LogisticRows::spread(std::int64_t most) const { return at(spread_places(most), torch::kDouble); }

torch::Tensor LogisticRows::weighted_sum(
    std::int64_t classes, torch::ScalarType type,
    const std::function<torch::Tensor(const Tile& tile, const torch::Tensor& r)>& f) const {
  const std::int64_t tiles = (count() + kRowsAtATime - 1) / kRowsAtATime;
  const torch::Tensor parts = torch::empty({tiles, classes, width()}, type);
  for_each_tile(torch::kCPU, count(), kRowsAtATime, [&](const Tile& tile) {
    const torch::Tensor r = raw(tile.begin, tile.size, type);
    parts[tile.index] = f(tile, r).mm(r);
  });
  torch::Tensor sum = parts[0].to(torch::kDouble, /*non_blocking=*/false, /*copy=*/true);
  for (std::int64_t t = 1; t < tiles; ++t) sum.add_(parts[t]);
  torch::Tensor of_features = sum.narrow(1, 0, features_.size(1));
  of_features.mul_(unit_);
  if (mean_.defined()) of_features.sub_(sum.select(1, features_.size(1)).outer(mean_)).div_(deviation_);
  return sum;
}

}  // namespace cebm
