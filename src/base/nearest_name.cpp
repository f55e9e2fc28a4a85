#include <cebm/config.h>

#include <algorithm>
#include <array>

namespace cebm {

namespace {

// ASCII lower case, so that Batch_Size is near batch_size.
std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Damerau-Levenshtein distance in its restricted form (no edit between two transposed letters): insertion, deletion,
// substitution and transposition of neighbours cost one each.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::array<std::vector<std::size_t>, 3> rows;  // distances of the prefixes i, i-1 and i-2 of a
  for (auto& row : rows) row.assign(b.size() + 1, 0);
  auto& [now, last, before] = rows;
  for (std::size_t j = 0; j <= b.size(); ++j) now[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(now);
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
  }
  return now[b.size()];
}

}  // namespace

std::string nearest_name(const std::string& word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t least = 0;
  for (const std::string& candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    // A third of the letters may be wrong; the difference of the lengths alone already bounds the distance from below.
    const std::size_t limit = (longer + 2) / 3;
    if (longer - shorter > limit) continue;
    const std::size_t distance = edit_distance(lower(word), lower(candidate));
    if (distance > limit || distance >= longer) continue;
    if (nearest.empty() || distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace cebm
