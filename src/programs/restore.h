// cebm-sample --inpaint and --denoise: chains fill in missing pixels or remove noise.
#pragma once

#include <cebm/sampling.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cebm::app {

struct RestoreFlags {
  std::string inpaint;
  std::optional<double> sigma;
  std::filesystem::path given;
  std::int64_t tries = 1;
  std::optional<double> temperature;

  bool asked() const { return !inpaint.empty() || sigma.has_value(); }
  /// The picture that --inpaint names; empty if there is none.
  std::filesystem::path mask() const;
  void add_to(CLI::App& cli);
};

/// The images to restore and, if known, their clean originals.
struct RestoreTask {
  Restoration restoration;
  torch::Tensor clean;  ///< [N, C, H, W]; undefined if a file gave noisy images
  torch::Tensor shown;  ///< input of the chains: held pixels with grey for the others, or noisy images
};

/// Takes `count` images of the run's data set, drawn by `seed`, or the first `count` of a file (all of them without a
/// count). Adds the noise of --denoise, of the same seed, to images of the data set; those of a file are noisy already.
/// Throws ConfigError for flags that do not belong together, DataError for files that are no images or masks of the
/// model's shape.
RestoreTask restore_task(const OpenedRun& run, const RestoreFlags& flags, const DataContext& data,
                         std::optional<std::int64_t> count, std::uint64_t seed);

/// A row for each image: clean, shown, and its `tries` results; all [N, C, H, W].
torch::Tensor restored_rows(const RestoreTask& task, const torch::Tensor& results, std::int64_t tries);

/// "mean squared error of the pixels that were filled in ..." where the clean images are known; otherwise empty.
std::string restored_error(const RestoreTask& task, const torch::Tensor& results, std::int64_t tries);

}  // namespace cebm::app
