/// Text for a POSIX shell.
#pragma once

#include <string>

namespace cebm {

/// `word` so that a shell takes it as one word and changes nothing in it: as it is where that is safe, else in single
/// quotes; bytes that are no UTF-8 as $'\351'.
std::string shell_word(const std::string& word);

}  // namespace cebm
