// The list of files that were unpacked from a data set's archive.
#include <cebm/errors.h>

#include "fetch/manifest.h"
#include "fuzz/input_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cebm::fuzz::NamedInput input(cebm::kManifestName);
  input.write(data, size);
  cebm::fuzz::may_refuse<cebm::DataError>([&] { cebm::read_manifest(input.folder()); });
  return 0;
}
