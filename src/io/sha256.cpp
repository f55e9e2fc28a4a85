#include <cebm/errors.h>
#include <cebm/files.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>

namespace cebm {

namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void update(std::string_view bytes) { require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

  std::string hex() {
    std::array<unsigned char, 32> digest{};
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    return text;
  }

 private:
  static void require(bool success) {
    if (!success) throw Error("SHA-256 is not available from OpenSSL's libcrypto");
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) throw IoError(file.string() + ": cannot be opened: " + std::generic_category().message(errno));
  Sha256 digest;
  std::string block(std::size_t{1} << 20, '\0');
  do {
    input.read(block.data(), static_cast<std::streamsize>(block.size()));
    digest.update(std::string_view(block).substr(0, static_cast<std::size_t>(input.gcount())));
  } while (input);
  if (!input.eof()) throw IoError(file.string() + ": cannot be read");
  return digest.hex();
}

}  // namespace cebm
