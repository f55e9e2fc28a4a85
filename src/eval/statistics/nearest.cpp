#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/nearest.h>

#include <algorithm>
#include <stdexcept>

#include "eval/statistics/candidates.h"

namespace cebm {

namespace {

using torch::Tensor;

/// Queries that one thread goes through at a time.
constexpr std::int64_t kQueriesAtOnce = 16;

/// One of the two sets, moved by a centre: without it, a large common offset would drown the distances in rounding.
class CentredRows {
 public:
  CentredRows(const Tensor& rows, Tensor centre, std::int64_t at_once, const char* what)
      : rows_(rows), centre_(std::move(centre)) {
    norms_.reserve(static_cast<std::size_t>(rows.size(0)));
    for (std::int64_t begin = 0; begin < rows.size(0); begin += at_once) {
      const std::int64_t size = std::min(at_once, rows.size(0) - begin);
      const Tensor finite = rows.narrow(0, begin, size).isfinite().all(1);
      if (!finite.all().item<bool>()) {
        throw NumericsError(std::string("nearest neighbours: expected finite numbers, found others in row ") +
                            std::to_string(begin + finite.to(torch::kByte).argmin().item<std::int64_t>()) + " of the " +
                            what);
      }
      const Tensor norms = block(begin, size).to(torch::kDouble).square_().sum(1);
      norms_.insert(norms_.end(), norms.const_data_ptr<double>(), norms.const_data_ptr<double>() + size);
    }
  }

  Tensor block(std::int64_t begin, std::int64_t size) const { return rows_.narrow(0, begin, size) - centre_; }
  const std::vector<double>& squared_norms() const { return norms_; }
  double largest_squared_norm() const {
    double largest = 0.0;
    for (const double norm : norms_) largest = norm <= largest ? largest : norm;  // keeps a NaN
    return largest;
  }

 private:
  const Tensor& rows_;
  Tensor centre_;
  std::vector<double> norms_;
};

void check(const Tensor& gallery, const Tensor& queries, std::int64_t k, SearchBlocks blocks) {
  const auto rows = [](const Tensor& x) { return x.dim() == 2 && x.is_cpu() && x.scalar_type() == torch::kFloat; };
  if (!rows(gallery) || !rows(queries) || gallery.size(1) != queries.size(1) || gallery.size(1) < 1 ||
      gallery.size(1) > kMostDimensions) {
    throw std::invalid_argument("nearest_neighbors: expected float32 rows of one length on the CPU, found " +
                                c10::str(gallery.sizes()) + " and " + c10::str(queries.sizes()));
  }
  if (k < 1 || blocks.queries < 1 || blocks.gallery < 1) {
    throw std::invalid_argument("nearest_neighbors: expected k and blocks of at least 1");
  }
  if (queries.size(0) == 0) throw DataError("nearest neighbours: there are no queries");
  if (gallery.size(0) < k) {
    throw DataError("nearest neighbours: expected at least " + std::to_string(k) +
                    " images to find neighbours among, found " + std::to_string(gallery.size(0)));
  }
}

}  // namespace

Neighbors nearest_neighbors(const Tensor& gallery_rows, const Tensor& query_rows, std::int64_t k, SearchBlocks blocks) {
  check(gallery_rows, query_rows, k, blocks);
  const torch::NoGradGuard no_graph;
  const Tensor gallery = gallery_rows.contiguous();
  const Tensor queries = query_rows.contiguous();
  const std::int64_t dimensions = gallery.size(1);
  const Tensor centre = gallery.mean(0);
  const CentredRows centred_gallery(gallery, centre, blocks.gallery, "gallery");
  const CentredRows centred_queries(queries, centre, blocks.queries, "queries");
  const RoundingBound bound(dimensions,
                            centred_gallery.largest_squared_norm() + centred_queries.largest_squared_norm());
  const std::vector<double>& norms = centred_gallery.squared_norms();
  const std::vector<float> low_norms = bound.low(norms);

  Neighbors result{torch::empty({queries.size(0), k}, torch::kInt64),
                   torch::empty({queries.size(0), k}, torch::kDouble)};
  auto* const index = result.index.data_ptr<std::int64_t>();
  auto* const distance = result.squared_distance.data_ptr<double>();
  for (std::int64_t first = 0; first < queries.size(0); first += blocks.queries) {
    const std::int64_t count = std::min(blocks.queries, queries.size(0) - first);
    const Tensor query_block = centred_queries.block(first, count);
    std::vector<Candidates> candidates;
    for (std::int64_t q = first; q < first + count; ++q) {
      candidates.emplace_back(
          k, bound.query_slack(centred_queries.squared_norms()[q]),
          ExactDistance{gallery.const_data_ptr<float>(), queries.const_data_ptr<float>() + q * dimensions, dimensions});
    }
    for (std::int64_t begin = 0; begin < gallery.size(0); begin += blocks.gallery) {
      const std::int64_t size = std::min(blocks.gallery, gallery.size(0) - begin);
      const Tensor products = at::mm(query_block, centred_gallery.block(begin, size).t());
      at::parallel_for(0, count, kQueriesAtOnce, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t q = from; q < to; ++q) {
          candidates[q].scan({products.const_data_ptr<float>() + q * size, low_norms.data() + begin,
                              norms.data() + begin, begin, size},
                             bound);
        }
      });
    }
    at::parallel_for(0, count, kQueriesAtOnce, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t q = from; q < to; ++q) {
        candidates[q].finish(index + (first + q) * k, distance + (first + q) * k);
      }
    });
  }
  return result;
}

Tensor vote(const Neighbors& neighbors, const Tensor& labels) {
  const Tensor classes = labels.index_select(0, neighbors.index.flatten()).view(neighbors.index.sizes());
  const auto found = classes.accessor<std::int64_t, 2>();
  Tensor result = torch::empty({classes.size(0)}, torch::kInt64);
  auto* const winner = result.data_ptr<std::int64_t>();
  std::vector<std::int64_t> votes(static_cast<std::size_t>(labels.max().item<std::int64_t>() + 1), 0);
  for (std::int64_t q = 0; q < classes.size(0); ++q) {
    std::fill(votes.begin(), votes.end(), 0);
    for (std::int64_t i = 0; i < classes.size(1); ++i) ++votes[found[q][i]];
    winner[q] = found[q][0];
    for (std::int64_t i = 1; i < classes.size(1); ++i) {
      if (votes[found[q][i]] > votes[winner[q]]) winner[q] = found[q][i];
    }
  }
  return result;
}

Tensor confusion_matrix(const Tensor& truth, const Tensor& predicted, std::int64_t classes) {
  const auto within = [&](const Tensor& labels) {
    return labels.numel() == 0 ||
           (labels.min().item<std::int64_t>() >= 0 && labels.max().item<std::int64_t>() < classes);
  };
  if (truth.sizes() != predicted.sizes() || !within(truth) || !within(predicted)) {
    throw std::invalid_argument("confusion_matrix: expected two labels below " + std::to_string(classes) +
                                " for each image");
  }
  return (truth * classes + predicted).bincount({}, classes * classes).view({classes, classes});
}

}  // namespace cebm
