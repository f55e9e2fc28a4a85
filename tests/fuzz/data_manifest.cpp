// The list of files that were unpacked from a data set's archive.
#include <cebm/errors.h>

#include "fetch/manifest.h"
#include "fuzz/fuzzers.h"
#include "fuzz/input_folder.h"

void cebm::fuzz::data_manifest(const std::uint8_t* data, std::size_t size) {
  static const NamedInput input(kManifestName);
  input.write(data, size);
  may_refuse<DataError>([&] { read_manifest(input.folder()); });
}
