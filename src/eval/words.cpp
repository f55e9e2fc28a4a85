#include "eval/words.h"

#include <cebm/errors.h>

#include <algorithm>
#include <sstream>

namespace cebm {

std::vector<std::string> split_words(const std::string& list, const std::string& key) {
  std::vector<std::string> words;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t begin = part.find_first_not_of(' ');
    if (begin == std::string::npos)
      throw ConfigError(key + ": expected names separated by commas, found '" + list + "'");
    std::string word = part.substr(begin, part.find_last_not_of(' ') + 1 - begin);
    if (std::ranges::find(words, word) != words.end()) throw ConfigError(key + ": '" + word + "' comes twice");
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace cebm
