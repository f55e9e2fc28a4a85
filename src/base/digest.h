/// Checksums, computed incrementally. Internal to src.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace cebm {

class Digest {
 public:
  enum class Kind { md5, sha256 };
  /// Throws Error where OpenSSL's libcrypto does not offer the kind (MD5 in a FIPS set-up).
  explicit Digest(Kind kind);

  void update(std::string_view bytes);
  /// Lower-case hexadecimal digits, 32 or 64 of them; ends the digest.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace cebm
