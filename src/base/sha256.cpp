#include <cebm/errors.h>
#include <cebm/files.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/digest.h"

namespace cebm {

std::string sha256(std::string_view bytes) {
  Digest digest(Digest::Kind::sha256);
  digest.update(bytes);
  return digest.hex();
}

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) throw IoError(file.string() + ": cannot be opened: " + std::generic_category().message(errno));
  Digest digest(Digest::Kind::sha256);
  std::string block(std::size_t{1} << 20, '\0');
  do {
    input.read(block.data(), static_cast<std::streamsize>(block.size()));
    digest.update(std::string_view(block).substr(0, static_cast<std::size_t>(input.gcount())));
  } while (input);
  if (!input.eof()) throw IoError(file.string() + ": cannot be read");
  return digest.hex();
}

}  // namespace cebm
