#include "data/limit.h"
#include "data/mnist_like.h"
#include "data/rows.h"

namespace cebm {

namespace {

const MnistLike kMnist = {
    .name = "mnist",
    .summary = "handwritten digits, 60,000 + 10,000 grey images of 28 x 28 (LeCun et al. 1998)",
    .classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
    .how_to_get =
        "Get it by cebm-data fetch mnist, or put the set's four IDX files into data/mnist, or name their "
        "folder with --data-root or CEBM_DATA; data/README.md says where they come from."};

}  // namespace

DatasetEntry mnist() {
  auto row = make_entry<LimitOptions, DatasetEntry>(
      kMnist.name, kMnist.summary, "limit: 100", [](const LimitOptions& options, const DataContext& context) {
        return std::make_shared<Dataset>(
            load_mnist_like(kMnist, data_folders(kMnist.name, context), context.split, options.limit));
      });
  return with_image_shape(std::move(row), kMnistImage);
}

}  // namespace cebm
