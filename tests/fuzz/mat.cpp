// MATLAB 5 files as SVHN has them, and arrays of numbers of every kind.
#include "data/mat_integers.h"
#include "fuzz/dataset_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cebm::fuzz::DatasetInput svhn("svhn", "test_32x32.mat");
  static const cebm::fuzz::InputFile file;
  svhn.read(data, size);
  file.write(data, size);
  cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::read_mat_integers(file.path(), "y"); });
  return 0;
}
