#include "data/mnist_like.h"

namespace cebm {

Registry<DatasetEntry> built_in_datasets() {
  Registry<DatasetEntry> registry("data set");
  registry.add(mnist());
  registry.add(fashion_mnist());
  return registry;
}

}  // namespace cebm
