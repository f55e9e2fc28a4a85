#include "figures/html_text.h"

#include <cebm/text.h>
#include <openssl/evp.h>

namespace cebm {

std::string html_escape(const std::string& text) {
  std::string escaped;
  for (const char c : readable(text)) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
      escaped += ' ';
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string png_data_uri(const Picture& picture) {
  const std::string bytes = encode_png(picture);
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return "data:image/png;base64," + text;
}

}  // namespace cebm
