#include "data/limit.h"
#include "data/mnist_like.h"
#include "data/rows.h"

namespace cebm {

namespace {

/// The six divisions that E-MNIST is distributed in (Cohen et al. 2017, Table II).
constexpr std::pair<const char*, EmnistSubset> kSubsets[] = {
    {"digits", EmnistSubset::digits},   {"letters", EmnistSubset::letters}, {"balanced", EmnistSubset::balanced},
    {"byclass", EmnistSubset::byclass}, {"bymerge", EmnistSubset::bymerge}, {"mnist", EmnistSubset::mnist}};

std::string name_of(EmnistSubset subset) {
  for (const auto& [name, value] : kSubsets) {
    if (value == subset) return name;
  }
  return {};
}

constexpr const char* kDigits = "0123456789";
constexpr const char* kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr const char* kSmall = "abcdefghijklmnopqrstuvwxyz";
constexpr const char* kSmallThatDiffer = "abdefghnqrt";  // the other 15 look like their capitals and are merged

/// The classes in the order of the files' labels, one character each.
std::string characters(EmnistSubset subset) {
  const std::string digits = kDigits;
  switch (subset) {
    case EmnistSubset::digits:
    case EmnistSubset::mnist:
      return digits;
    case EmnistSubset::letters:
      return kSmall;
    case EmnistSubset::byclass:
      return digits + kCapitals + kSmall;
    case EmnistSubset::balanced:
    case EmnistSubset::bymerge:
      return digits + kCapitals + kSmallThatDiffer;
  }
  return {};
}

MnistLike set_of(EmnistSubset subset) {
  MnistLike set;
  set.name = "emnist";
  for (const char character : characters(subset)) set.classes.emplace_back(1, character);
  const std::string prefix = "emnist-" + name_of(subset) + "-";
  set.train_prefix = prefix + "train-";
  set.test_prefix = prefix + "test-";
  set.subfolders = {"", "gzip", "raw"};
  set.first_label = subset == EmnistSubset::letters ? 1 : 0;
  set.transposed = true;
  set.how_to_get =
      "Get it by cebm-data fetch emnist, or put the files of the set's gzip.zip into data/emnist, or name their folder "
      "with --data-root or CEBM_DATA; data/README.md says where they come from.";
  return set;
}

}  // namespace

void EmnistOptions::fields(Fields& visit) {
  visit.enumeration<EmnistSubset>("subset", subset, kSubsets, "which of E-MNIST's six divisions is read");
  visit_limit(visit, limit);
}

DatasetEntry emnist() {
  auto row = make_entry<EmnistOptions, DatasetEntry>(
      "emnist", "handwritten digits and letters, grey images of 28 x 28, by default the digits (Cohen et al. 2017)",
      "{subset: letters, limit: 100}", [](const EmnistOptions& options, const DataContext& context) {
        return std::make_shared<Dataset>(
            load_mnist_like(set_of(options.subset), data_folders("emnist", context), context.split, options.limit));
      });
  return with_image_shape(std::move(row), kMnistImage);
}

}  // namespace cebm
