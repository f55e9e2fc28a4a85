#include "data/rows.h"

namespace cebm {

Registry<DatasetEntry> built_in_datasets() {
  Registry<DatasetEntry> registry("data set");
  registry.add(mnist());
  registry.add(fashion_mnist());
  registry.add(emnist());
  registry.add(cifar10());
  registry.add(svhn());
  registry.add(texture());
  registry.add(constant());
  registry.add(noise());
  registry.add(gaussian_noise());
  registry.add(interpolation());
  registry.add(shuffled());
  registry.add(inverted());
  registry.add(image_folder());
  return registry;
}

}  // namespace cebm
