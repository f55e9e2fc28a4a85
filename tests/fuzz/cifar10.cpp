// CIFAR-10 in its binary version, plain and gz.
#include "fuzz/dataset_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cebm::fuzz::DatasetInput input("cifar10", "test_batch.bin");
  input.read(data, size);
  return 0;
}
