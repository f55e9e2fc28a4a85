// MATLAB 5 files as SVHN has them, and arrays of numbers of every kind.
#include "data/mat_integers.h"
#include "fuzz/dataset_input.h"
#include "fuzz/fuzzers.h"

void cebm::fuzz::mat(const std::uint8_t* data, std::size_t size) {
  static DatasetInput svhn("svhn", "test_32x32.mat");
  static const InputFile file;
  svhn.read(data, size);
  file.write(data, size);
  may_refuse<DataError>([&] { read_mat_integers(file.path(), "y"); });
}
