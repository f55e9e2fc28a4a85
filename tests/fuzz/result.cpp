// The result of an evaluation.
#include <cebm/errors.h>
#include <cebm/evaluation.h>

#include "fuzz/input_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::NamedInput input("result.json");
  input.write(data, size);
  cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::read_result(input.folder()); });
  return 0;
}
