#include "io/npy_header.h"

#include <charconv>
#include <set>

namespace cebm {

namespace {

constexpr std::size_t kMaxDimensions = 64;

/// Takes one token after another, skipping the spaces around them.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { skip_spaces(); }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    drop(token.size());
    return true;
  }

  std::optional<std::string> quoted() {
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    drop(end + 1);
    return text;
  }

  /// Takes the text from an opening bracket to its closing one, unchanged.
  std::optional<std::string> bracketed() {
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '[') ++depth;
      if (rest_[i] == ']') --depth;
      if (depth > 0) continue;
      if (i == 0) return std::nullopt;
      std::string text(rest_.substr(0, i + 1));
      drop(i + 1);
      return text;
    }
    return std::nullopt;
  }

  std::optional<std::int64_t> natural() {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    drop(static_cast<std::size_t>(end - rest_.data()));
    take("L");
    return value;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  void drop(std::size_t count) {
    rest_.remove_prefix(count);
    skip_spaces();
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  std::string_view rest_;
};

bool read_shape(Tokens& tokens, std::vector<std::int64_t>& shape) {
  if (!tokens.take("(")) return false;
  while (!tokens.take(")")) {
    const auto extent = tokens.natural();
    if (!extent || shape.size() == kMaxDimensions) return false;
    shape.push_back(*extent);
    if (tokens.take(",")) continue;
    return shape.size() > 1 && tokens.take(")");  // (50) is a number, not a tuple
  }
  return true;
}

bool read_value(Tokens& tokens, const std::string& key, NpyHeader& header) {
  if (key == "shape") return read_shape(tokens, header.shape);
  if (key == "fortran_order") {
    header.fortran_order = tokens.take("True");
    return header.fortran_order || tokens.take("False");
  }
  if (key != "descr") return false;
  auto descr = tokens.quoted();
  if (!descr) descr = tokens.bracketed();
  header.descr = descr.value_or("");
  return descr.has_value();
}

}  // namespace

std::optional<NpyHeader> parse_npy_header(std::string_view text) {
  Tokens tokens(text);
  NpyHeader header;
  std::set<std::string> keys;
  if (!tokens.take("{")) return std::nullopt;
  while (!tokens.take("}")) {
    const auto key = tokens.quoted();
    if (!key || !keys.insert(*key).second || !tokens.take(":") || !read_value(tokens, *key, header))
      return std::nullopt;
    if (tokens.take(",")) continue;
    if (!tokens.take("}")) return std::nullopt;
    break;
  }
  if (keys.size() != 3 || !tokens.at_end()) return std::nullopt;
  return header;
}

}  // namespace cebm
