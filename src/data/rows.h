// The rows of registry.cpp, each made in its set's own file.
#pragma once

#include <cebm/dataset.h>

namespace cebm {

DatasetEntry mnist();
DatasetEntry fashion_mnist();
DatasetEntry emnist();
DatasetEntry cifar10();
DatasetEntry svhn();
DatasetEntry texture();
DatasetEntry constant();
DatasetEntry noise();
DatasetEntry gaussian_noise();
DatasetEntry interpolation();
DatasetEntry shuffled();
DatasetEntry inverted();
DatasetEntry image_folder();

}  // namespace cebm
