#include <cebm/shell.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace cebm {
namespace {

/// What a shell makes of the text: its words, each followed by a bell.
std::string words_of(const std::string& text) {
  FILE* const shell = popen(("printf '%s\\a' " + text).c_str(), "r");
  std::string found;
  for (int c = std::getc(shell); c != EOF; c = std::getc(shell)) found += static_cast<char>(c);
  pclose(shell);
  return found;
}

TEST(ShellWord, ComesOutOfAShellAsItWentIn) {
  for (const std::string word : {"plain", "a b", "it's", "'", "", "$HOME", "~/x", "a\nb", "`id`", "\\", "\"", "*",
                                 "a;b", "!x", "#", "a=b c", "{1,2}", "é"})
    EXPECT_EQ(words_of(shell_word(word)), word + "\a") << word;
}

TEST(ShellWord, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(shell_word("train.steps=1e-3,4:/a_b-c@%+"), "train.steps=1e-3,4:/a_b-c@%+");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace cebm
