#include <ATen/Parallel.h>
#include <cebm/errors.h>
#include <omp.h>

#include <atomic>
#include <exception>
#include <map>
#include <string>

#include "data/picture_folder.h"

namespace cebm {

namespace {

constexpr std::size_t kMostListed = 10;

/// Messages by the index of the picture, so that their order does not depend on the threads.
using Failures = std::map<std::int64_t, std::string>;

[[noreturn]] void refuse(const PictureFolder& pictures, const Failures& failures) {
  if (failures.size() == 1) throw DataError(failures.begin()->second);
  std::string message = pictures.folder.string() + ": expected pictures that can be read, found " +
                        std::to_string(failures.size()) + " of " + std::to_string(pictures.files.size()) +
                        " that cannot:";
  std::size_t listed = 0;
  for (const auto& [picture, failure] : failures) {
    if (++listed <= kMostListed) message += "\n  " + failure;
  }
  if (listed > kMostListed) message += "\n  and " + std::to_string(listed - kMostListed) + " more";
  throw DataError(message);
}

}  // namespace

torch::Tensor read_pictures(const PictureFolder& pictures, ImageShape shape, Fit fit,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  const auto count = static_cast<std::int64_t>(pictures.files.size());
  const torch::Tensor images =
      at::empty({count, shape.height, shape.width, shape.channels}, at::kByte).permute({0, 3, 1, 2});
  std::atomic<std::int64_t> done = 0;
  std::atomic<bool> stopped = false;
  Failures failures;
  std::exception_ptr interruption;  // from the callback, or an error other than DataError
  const int threads = at::get_num_threads();
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < count; ++i) {
    if (stopped.load()) continue;
    try {
      images[i].copy_(read_picture(pictures.folder / pictures.files[static_cast<std::size_t>(i)], shape, fit)[0]);
    } catch (const DataError& error) {
#pragma omp critical(cebm_read_pictures)
      failures[i] = error.what();
    } catch (...) {
#pragma omp critical(cebm_read_pictures)
      interruption = std::current_exception();
      stopped = true;
    }
    const std::int64_t ready = ++done;
    if (omp_get_thread_num() != 0 || ready == count || !progress) continue;  // the end is reported below
    try {
      progress(static_cast<std::uint64_t>(ready), static_cast<std::uint64_t>(count));
    } catch (...) {
#pragma omp critical(cebm_read_pictures)
      interruption = std::current_exception();
      stopped = true;
    }
  }
  if (interruption) std::rethrow_exception(interruption);
  if (!failures.empty()) refuse(pictures, failures);
  if (progress) progress(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(count));
  return images;
}

}  // namespace cebm
