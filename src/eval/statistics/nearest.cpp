#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/nearest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace cebm {

namespace {

using torch::Tensor;

/// Rows per block: they bound the memory for products and for rows in double.
constexpr std::int64_t kQueryBlock = 128;
constexpr std::int64_t kGalleryBlock = 8192;

void check(const Tensor& gallery, const Tensor& queries, std::int64_t k) {
  const auto type = gallery.scalar_type();
  const auto rows = [&](const Tensor& x) { return x.dim() == 2 && x.is_cpu() && x.scalar_type() == type; };
  if (!rows(gallery) || !rows(queries) || (type != torch::kFloat && type != torch::kUInt8) ||
      gallery.size(1) != queries.size(1) || gallery.size(1) < 1) {
    throw std::invalid_argument("nearest_neighbors: expected float32 or uint8 rows of one length on the CPU, found " +
                                c10::str(gallery.sizes()) + " and " + c10::str(queries.sizes()));
  }
  if (k < 1) throw std::invalid_argument("nearest_neighbors: expected k of at least 1");
  if (queries.size(0) == 0) throw DataError("nearest neighbours: there are no queries");
  if (gallery.size(0) < k) {
    throw DataError("nearest neighbours: expected at least " + std::to_string(k) +
                    " images to find neighbours among, found " + std::to_string(gallery.size(0)));
  }
}

/// Some of the rows in double: all at once would take eight times the memory of bytes.
template <class Visit>
void for_each_block(const Tensor& rows, const Visit& visit) {
  for (std::int64_t first = 0; first < rows.size(0); first += kGalleryBlock) {
    visit(first, rows.narrow(0, first, std::min(kGalleryBlock, rows.size(0) - first)).to(torch::kDouble));
  }
}

void check_finite(const Tensor& rows, const char* what) {
  if (rows.scalar_type() == torch::kUInt8) return;
  for_each_block(rows, [&](std::int64_t first, const Tensor& block) {
    const Tensor finite = block.sum(1).isfinite();
    if (finite.all().item<bool>()) return;
    throw NumericsError("nearest neighbours: expected finite numbers, found others in row " +
                        std::to_string(first + finite.to(torch::kByte).argmin().item<std::int64_t>()) + " of the " +
                        what);
  });
}

/// Centres and scales rows before distances are computed in float32: otherwise a large common offset would drown them
/// in rounding errors, and large numbers would overflow.
struct Frame {
  Tensor centre;  ///< [D] float64
  double scale = 1.0;

  Tensor operator()(const Tensor& rows, std::int64_t first, std::int64_t most) const {
    const Tensor block = rows.narrow(0, first, std::min(most, rows.size(0) - first)).to(torch::kDouble);
    return block.sub_(centre).mul_(scale).to(torch::kFloat);
  }
};

/// The squared norms of the gallery's rows around their mean, and the frame in which the largest is 1.
std::pair<Frame, Tensor> frame_of(const Tensor& gallery) {
  Frame frame{torch::zeros({gallery.size(1)}, torch::kDouble)};
  for_each_block(gallery, [&](std::int64_t, const Tensor& block) { frame.centre.add_(block.sum(0)); });
  frame.centre.div_(static_cast<double>(gallery.size(0)));
  const Tensor norms = torch::empty({gallery.size(0)}, torch::kDouble);
  for_each_block(gallery, [&](std::int64_t first, const Tensor& block) {
    norms.narrow(0, first, block.size(0)).copy_(block.sub(frame.centre).square_().sum(1));
  });
  const double largest = norms.max().item<double>();
  if (largest > 0.0) frame.scale = 1.0 / std::sqrt(largest);
  return {frame, norms.mul_(frame.scale * frame.scale).to(torch::kFloat)};
}

/// |g|^2 - 2 q.g of a block of queries with the whole gallery: squared distances up to rounding and the queries' norms.
Tensor rounded_distances(const Tensor& queries, const Tensor& gallery, const Frame& frame, const Tensor& norms) {
  const Tensor result = torch::empty({queries.size(0), gallery.size(0)}, torch::kFloat);
  for (std::int64_t first = 0; first < gallery.size(0); first += kGalleryBlock) {
    const Tensor block = frame(gallery, first, kGalleryBlock);
    result.narrow(1, first, block.size(0))
        .copy_(at::addmm(norms.narrow(0, first, block.size(0)), queries, block.t(), /*beta=*/1, /*alpha=*/-2));
  }
  return result;
}

template <class Number>
double squared_distance(const Number* a, const Number* b, std::int64_t dimensions) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < dimensions; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

/// Writes the k nearest among the gallery's rows whose rounded distance is within the limit.
template <class Number>
void write_nearest(const Tensor& gallery, const Tensor& query, const Tensor& rounded, float limit,
                   const Neighbors& nearest) {
  const auto* const row = gallery.const_data_ptr<Number>();
  const auto* const distance = rounded.const_data_ptr<float>();
  const std::int64_t dimensions = gallery.size(1);
  std::vector<std::pair<double, std::int64_t>> close;
  for (std::int64_t g = 0; g < gallery.size(0); ++g) {
    if (distance[g] > limit) continue;
    close.emplace_back(squared_distance(query.const_data_ptr<Number>(), row + g * dimensions, dimensions), g);
  }
  const std::int64_t k = nearest.index.size(0);
  std::partial_sort(close.begin(), close.begin() + k, close.end());
  for (std::int64_t i = 0; i < k; ++i) {
    const auto& [exact, index] = close[static_cast<std::size_t>(i)];
    nearest.squared_distance.data_ptr<double>()[i] = exact;
    nearest.index.data_ptr<std::int64_t>()[i] = index;
  }
}

}  // namespace

Neighbors nearest_neighbors(const Tensor& gallery_rows, const Tensor& query_rows, std::int64_t k) {
  check(gallery_rows, query_rows, k);
  check_finite(gallery_rows, "gallery");
  check_finite(query_rows, "queries");
  const torch::NoGradGuard no_graph;
  const Tensor gallery = gallery_rows.contiguous();
  const Tensor queries = query_rows.contiguous();
  const auto [frame, norms] = frame_of(gallery);
  // The rounding error of a sum of D products, in any order, is below D eps / 2 of the norms, of which the largest in
  // the gallery is 1. Two distances, each off by twice that, can swap: those within the margin are computed exactly.
  const double margin = 8.0 * static_cast<double>(gallery.size(1) + 16) * std::numeric_limits<float>::epsilon();

  const bool bytes = gallery.scalar_type() == torch::kUInt8;
  const auto write = bytes ? write_nearest<std::uint8_t> : write_nearest<float>;
  Neighbors result{torch::empty({queries.size(0), k}, torch::kInt64),
                   torch::empty({queries.size(0), k}, torch::kDouble)};
  for (std::int64_t first = 0; first < queries.size(0); first += kQueryBlock) {
    const Tensor block = frame(queries, first, kQueryBlock);
    const Tensor rounded = rounded_distances(block, gallery, frame, norms);
    const Tensor limits =
        std::get<0>(rounded.topk(k, 1, /*largest=*/false)).amax(1) + margin * (block.square().sum(1) + 1.0);
    at::parallel_for(0, block.size(0), /*grain_size=*/16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t q = begin; q < end; ++q) {
        write(gallery, queries[first + q], rounded[q], limits[q].item<float>(),
              {result.index[first + q], result.squared_distance[first + q]});
      }
    });
  }
  if (bytes) result.squared_distance.div_(255.0 * 255.0);
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
