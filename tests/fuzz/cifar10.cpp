// CIFAR-10 in its binary version, plain and gz.
#include "fuzz/dataset_input.h"
#include "fuzz/fuzzers.h"

void cebm::fuzz::cifar10(const std::uint8_t* data, std::size_t size) {
  static DatasetInput input("cifar10", "test_batch.bin");
  input.read(data, size);
}
