#include "data/limit.h"
#include "data/mnist_like.h"
#include "data/rows.h"

namespace cebm {

namespace {

const MnistLike kFashionMnist = {
    .name = "fashion_mnist",
    .summary = "clothes, 60,000 + 10,000 grey images of 28 x 28 (Xiao et al. 2017)",
    .classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                "Ankle boot"},
    .how_to_get =
        "On Debian and Ubuntu: apt install dataset-fashion-mnist (it puts the files under "
        "/usr/share/datasets/fashion-mnist). Elsewhere get it by cebm-data fetch fashion_mnist, or put the "
        "set's four IDX files into data/fashion_mnist, or name their folder with --data-root or CEBM_DATA."};

}  // namespace

DatasetEntry fashion_mnist() {
  auto row = make_entry<LimitOptions, DatasetEntry>(
      kFashionMnist.name, kFashionMnist.summary, "limit: 100",
      [](const LimitOptions& options, const DataContext& context) {
        return std::make_shared<Dataset>(
            load_mnist_like(kFashionMnist, data_folders(kFashionMnist.name, context), context.split, options.limit));
      });
  return with_image_shape(std::move(row), kMnistImage);
}

}  // namespace cebm
