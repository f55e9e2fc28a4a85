// The result of an evaluation.
#include <cebm/errors.h>
#include <cebm/evaluation.h>

#include "fuzz/fuzzers.h"
#include "fuzz/input_folder.h"

void cebm::fuzz::result(const std::uint8_t* data, std::size_t size) {
  static const NamedInput input("result.json");
  input.write(data, size);
  may_refuse<DataError>([&] { read_result(input.folder()); });
}
