#include <cebm/catalog.h>
#include <cebm/errors.h>
#include <cebm/text.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "base/option_text.h"
#include "base/text_check.h"
#include "programs/data_commands.h"
#include "programs/log.h"
#include "programs/progress.h"

namespace cebm::app {

namespace {

constexpr int kLevels = 256;
constexpr std::int64_t kAtATime = 4096;

struct Moments {
  double mean = 0.0;
  double std = 0.0;
};

/// Mean and standard deviation of one channel's pixels, as fractions of 255, exact from the counts of the 256 levels.
Moments pixel_moments(const torch::Tensor& images, std::int64_t channel) {
  torch::Tensor counts = at::zeros({kLevels}, at::kLong);
  for (std::int64_t first = 0; first < images.size(0); first += kAtATime) {
    const std::int64_t count = std::min(kAtATime, images.size(0) - first);
    counts += at::bincount(images.narrow(0, first, count).select(1, channel).reshape({-1}), {}, kLevels);
  }
  const torch::Tensor weights = counts.to(at::kDouble) / counts.sum().to(at::kDouble);
  const torch::Tensor levels = at::arange(kLevels, at::kDouble) / (kLevels - 1.0);
  const double mean = (weights * levels).sum().item<double>();
  return {mean, std::sqrt((weights * (levels - mean).square()).sum().item<double>())};
}

void print_source(const DataSource& source) {
  std::cout << "  homepage  " << source.homepage << "\n  licence   " << source.licence << "\n  citation  "
            << source.citation << "\n";
  for (const std::string& place : source.places) std::cout << "  from      " << place << "\n";
  for (const DataFile& file : source.files) {
    std::cout << "  file      " << file.name << (file.size != 0 ? ", " + format_size(file.size) : "") << "\n";
    if (!file.sha256.empty()) std::cout << "            SHA-256 " << file.sha256 << "\n";
    if (!file.md5.empty()) std::cout << "            MD5 " << file.md5 << "\n";
  }
  if (source.is_archive()) std::cout << "  unpacks   to " << source.archive.folder << "/\n";
}

void print_classes(const Dataset& set) {
  const torch::Tensor labelled = set.labels.masked_select(set.labels >= 0);
  const torch::Tensor counts = at::bincount(labelled, {}, static_cast<std::int64_t>(set.classes.size()));
  for (std::int64_t i = 0; i < counts.numel(); ++i) {
    const auto index = static_cast<std::size_t>(i);
    const std::string name = index < set.classes.size() ? printable(set.classes[index]) : std::to_string(i);
    std::printf("  %9lld  %s\n", static_cast<long long>(counts[i].item<std::int64_t>()), name.c_str());
  }
  const std::int64_t without = set.labels.numel() - labelled.numel();
  if (without > 0) std::printf("  %9lld  without a label\n", static_cast<long long>(without));
}

void print_split(const Dataset& set) {
  const ImageShape shape = set.image_shape();
  std::printf("%s: %lld images of %lld x %lld x %lld (channels, height, width), %zu classes\n", set.split.c_str(),
              static_cast<long long>(set.size()), static_cast<long long>(shape.channels),
              static_cast<long long>(shape.height), static_cast<long long>(shape.width), set.classes.size());
  for (const auto& file : set.files) std::printf("  read      %s\n", printable(file.string()).c_str());
  for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
    const Moments moments = pixel_moments(set.images, channel);
    std::printf("  channel %lld: pixels of 0 .. 1 have mean %.4f, standard deviation %.4f\n",
                static_cast<long long>(channel), moments.mean, moments.std);
  }
  print_classes(set);
}

}  // namespace

std::shared_ptr<Dataset> load_data(const Catalog& catalog, const DataFlags& flags, const std::string& split) {
  Choice<DatasetEntry> choice(catalog, flags.name);
  ConfigNode overrides = parse_config("{}");
  apply_overrides(overrides, flags.overrides);
  read_options(overrides, choice.options());
  auto set = choice.build(DataContext{flags.common.data_root, split, flags.seed});
  for (const std::string& warning : set->warnings) warn(split + ": " + warning);
  return set;
}

int describe_data(const Catalog& catalog, const DataFlags& flags) {
  const DatasetEntry& row = catalog.datasets.find(flags.name);
  flags.common.apply();
  std::cout << row.name << ": " << row.summary << "\n";
  const auto source = find_data_source(row.name);
  if (source) print_source(*source);
  std::cout << std::flush;
  std::vector<std::string> damaged;
  for (const char* split : {"train", "test"}) {
    try {
      print_split(*load_data(catalog, flags, split));
    } catch (const DataError& problem) {
      std::printf("%s: %s\n", split, without_controls(problem.what(), "\n").c_str());
      // How to get a missing set is what was asked for; a damaged one is a failure.
      if (dynamic_cast<const MissingDataError*>(&problem) == nullptr) damaged.emplace_back(split);
    }
  }
  if (damaged.empty()) return 0;
  error(row.name + ": cannot be read: " + join(damaged));
  return 1;
}

}  // namespace cebm::app
