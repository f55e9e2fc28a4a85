/// Text for a POSIX shell.
#pragma once

#include <string>

namespace cebm {

/// Quotes `word` so that a shell reads it as one word, unchanged: as it is if that is safe, else in single quotes; a
/// word that is not UTF-8 as $'caf\351'.
std::string shell_word(const std::string& word);

}  // namespace cebm
