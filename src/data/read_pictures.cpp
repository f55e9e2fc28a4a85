#include <ATen/Parallel.h>
#include <omp.h>

#include <atomic>
#include <exception>
#include <limits>

#include "data/picture_folder.h"

namespace cebm {

torch::Tensor read_pictures(const PictureFolder& pictures, ImageShape shape, Fit fit,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  const auto count = static_cast<std::int64_t>(pictures.files.size());
  const torch::Tensor images = at::empty({count, shape.height, shape.width, shape.channels}, at::kByte);
  auto* const out = images.data_ptr<std::uint8_t>();
  std::atomic<std::int64_t> done = 0;
  std::atomic<std::int64_t> first_failure = std::numeric_limits<std::int64_t>::max();
  std::exception_ptr failure;
  std::exception_ptr interruption;  // of the callback
  const int threads = at::get_num_threads();
  // Only pictures after one that failed are left out, so the first failure is found whatever the number of threads.
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > first_failure.load()) continue;
    try {
      const Picture picture =
          decode_picture(pictures.folder / pictures.files[static_cast<std::size_t>(i)], shape.channels);
      resample(picture, fitted_box(picture.height, picture.width, shape, fit), shape.height, shape.width,
               out + i * shape.numel());
    } catch (...) {
#pragma omp critical(cebm_read_pictures)
      if (i < first_failure.load()) {
        first_failure = i;
        failure = std::current_exception();
      }
    }
    const std::int64_t ready = ++done;
    if (omp_get_thread_num() != 0 || ready == count || !progress) continue;  // the end is told below
    try {
      progress(static_cast<std::uint64_t>(ready), static_cast<std::uint64_t>(count));
    } catch (...) {
      interruption = std::current_exception();
      first_failure = -1;
    }
  }
  if (interruption) std::rethrow_exception(interruption);
  if (failure) std::rethrow_exception(failure);
  if (progress) progress(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(count));
  return images.permute({0, 3, 1, 2});
}

}  // namespace cebm
