#include "data/split_names.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cebm {

namespace {

struct Word {
  std::string_view text;
  SplitRole role;
};

constexpr auto kWords = std::to_array<Word>({{"train", SplitRole::train},
                                             {"training", SplitRole::train},
                                             {"trainset", SplitRole::train},
                                             {"test", SplitRole::test},
                                             {"testing", SplitRole::test},
                                             {"testset", SplitRole::test},
                                             {"val", SplitRole::validation},
                                             {"valid", SplitRole::validation},
                                             {"validation", SplitRole::validation},
                                             {"valset", SplitRole::validation},
                                             {"dev", SplitRole::validation},
                                             {"eval", SplitRole::validation}});

/// Letters of any alphabet: bytes beyond ASCII are parts of letters.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

std::optional<SplitName> split_name(const std::string& name) {
  const std::string text = lower_case(name);
  std::optional<SplitName> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = static_cast<std::size_t>(
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), is_letter) - text.begin());
    const std::string_view word = std::string_view(text).substr(begin, end - begin);
    if (const auto known = std::ranges::find(kWords, word, &Word::text); known != kWords.end()) {
      if (found) return std::nullopt;
      found = {known->role, text.substr(0, begin) + "*" + text.substr(end)};
    }
    begin = std::max(end, begin + 1);
  }
  return found;
}

}  // namespace cebm
