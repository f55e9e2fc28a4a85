#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "base/config_toy.h"

namespace cebm {
namespace {

// Reads `yaml` and expects an Error, soon. Sanitized builds are slower, so the bound is generous.
void expect_quick_error(const std::string& what, const std::string& yaml) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(toy::resolve(yaml), Error) << what;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << what;
}

std::string repeat(const std::string& piece, std::size_t bytes) {
  std::string text;
  while (text.size() + piece.size() <= bytes) text += piece;
  return text;
}

// As large as is allowed, and a size for the many cases of which each takes a while at a mebibyte.
constexpr std::size_t kNearlyMebibyte = (1 << 20) - 64;
constexpr std::size_t kLarge = 1 << 17;

TEST(ConfigHostile, DeepNestingIsRefused) {
  for (const char* open : {"[", "{", "{a: ", "[{a: ", "- ", "? ", "a: [", "\"a\": {"}) {
    expect_quick_error(open, repeat(open, kLarge));
  }
  std::string block;
  for (std::size_t level = 0; block.size() < kLarge; ++level) block += std::string(level, ' ') + "a:\n";
  expect_quick_error("block", block);
}

TEST(ConfigHostile, HugeListsAndMapsAreRefused) {
  expect_quick_error("flow list", "model: {channels: [" + repeat("1,", kNearlyMebibyte) + "]}");
  expect_quick_error("block list", "model:\n  channels:\n" + repeat("  - 1\n", kNearlyMebibyte));
  expect_quick_error("empty items", "model: {channels: [" + repeat("[],", kNearlyMebibyte) + "]}");
  std::string keys;
  for (int k = 0; keys.size() < kNearlyMebibyte; ++k) keys += "key_number_" + std::to_string(k) + ": 1\n";
  expect_quick_error("map", keys);
}

TEST(ConfigHostile, LongKeysAndValuesAreRefused) {
  const std::string longest(kLarge, 'k');
  expect_quick_error("key", longest + ": 1");
  expect_quick_error("explicit key", "? " + longest + "\n: 1");
  expect_quick_error("quoted key", "\"" + longest + "\": 1");
  expect_quick_error("integer", "train: {steps: " + std::string(kLarge, '9') + "}");
  expect_quick_error("number", "train: {optimizer: {lr: " + std::string(kNearlyMebibyte, '9') + "}}");
  expect_quick_error("name", "model: " + longest);
  expect_quick_error("word", "model: {bias: {name: mixture, statistics: " + longest + "}}");
  expect_quick_error("boolean", "train: {fast: " + longest + "}");
}

TEST(ConfigHostile, RepeatedPunctuationIsRefused) {
  for (const char* piece :
       {":", "\"", "'", "&a ", "*a ",  "!", "%",   "|\n",    ">\n",         "--- \n",   "...\n", "? \n",
        "-", "]",  "}", "\t",  "a:\n", ",", "\n:", "!!str ", "%YAML 1.2\n", "<<: *a\n", "@",     "`"}) {
    expect_quick_error(piece, "a: 1\n" + repeat(piece, kLarge));
  }
}

TEST(ConfigHostile, AliasesCannotMultiply) {
  std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int k = 1; k < 20; ++k) {
    const std::string above = "*a" + std::to_string(k - 1);
    bomb += "a" + std::to_string(k) + ": &a" + std::to_string(k) + " [" + repeat(above + ", ", 50) + above + "]\n";
  }
  expect_quick_error("bomb", bomb);
}

TEST(ConfigHostile, RandomBytesAndDamagedDumpsEndInAnErrorOrAConfiguration) {
  std::mt19937_64 engine(7);
  const std::string alphabet = "abk:- \n\t[]{},&*!|>'\"%#?~0.9=\\@`<\x80\xc3\x04";
  const std::string dump = toy::resolve("");
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 2 == 0 ? dump : std::string(engine() % 60, ' ');
    const std::size_t changes = round % 2 == 0 ? 1 + engine() % 4 : text.size();
    for (std::size_t k = 0; k < changes; ++k) {
      text[round % 2 == 0 ? engine() % text.size() : k] = alphabet[engine() % alphabet.size()];
    }
    try {
      toy::resolve(text);
    } catch (const Error&) {  // anything else, or a crash, fails the test
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 3000) << "some changes leave a configuration";
}

}  // namespace
}  // namespace cebm
