#include "base/json_text.h"

#include <cebm/text.h>
#include <gtest/gtest.h>

#include <string>

#include "base/text_check.h"

namespace cebm {
namespace {

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(JsonText, NestingIsAllowedUpToItsBound) {
  EXPECT_EQ(parse_json(nested(kMaxJsonDepth)).dump(), nested(kMaxJsonDepth));
  EXPECT_THROW(parse_json(nested(kMaxJsonDepth + 1)), nlohmann::json::exception);
  EXPECT_THROW(parse_json(std::string(1 << 20, '{')), nlohmann::json::exception);
}

TEST(JsonText, BracketsInStringsAndSideBySideDoNotNest) {
  const std::string brackets(1000, '[');
  EXPECT_EQ(parse_json("[\"" + brackets + "\", \"\\\"" + brackets + "\"]").size(), 2U);
  std::string many = "[0";
  for (int i = 0; i < 1000; ++i) many += ",[]";
  EXPECT_EQ(parse_json(many + "]").size(), 1001U);
}

TEST(JsonText, WhatIsNoJsonIsRefused) {
  for (const std::string text : {"", "]]]]", "{\"a\":}", "[1e999]", "\"\\", "\xff"})
    EXPECT_THROW(parse_json(text), nlohmann::json::exception) << text;
}

TEST(Readable, TextStaysAndOtherBytesAreEscapedOneByOne) {
  for (const std::string text : {"", "plain \\xE9", "caf\xc3\xa9", "\xe2\x82\xac \xf0\x9f\x98\x80", "tab\tline\n"})
    EXPECT_EQ(readable(text), text);
  EXPECT_EQ(readable("caf\xe9"), "caf\\xE9");
  EXPECT_EQ(readable("th\xe9 \xc3\xa9"), "th\\xE9 \xc3\xa9") << "beside UTF-8";
  EXPECT_EQ(readable("\xc3"), "\\xC3") << "cut off";
  EXPECT_EQ(readable("\xed\xa0\x80"), "\\xED\\xA0\\x80") << "a surrogate";
  EXPECT_EQ(readable("\xc0\xaf"), "\\xC0\\xAF") << "overlong";
}

TEST(Controls, BecomeQuestionMarksAndOtherTextStays) {
  const std::string text = "caf\xc3\xa9 \xc2\xa0\xe2\x82\xac\xe2\x80\x9b \xe9";  // a last byte may look like C1
  EXPECT_EQ(without_controls(text), text);
  EXPECT_EQ(without_controls("a\x1b[31m\x7f"), "a?[31m?");
  EXPECT_EQ(without_controls("a\xc2\x9bm\xc2\x80\xc2\x85"), "a?m??") << "C1";
  EXPECT_EQ(without_controls("a\x9bm"), "a?m") << "C1 of a terminal of 8 bits";
  EXPECT_EQ(without_controls("a\tb\n", "\n"), "a?b\n");
  EXPECT_EQ(printable("caf\xe9\n\xc2\x9b"), "caf\\xE9??");
}

TEST(DumpJson, NamesInAnyEncodingBecomeJsonThatCanBeReadAgain) {
  const nlohmann::json value = {{"th\xe9", {1, {{"name", "caf\xe9"}}}}, {"plain", "caf\xc3\xa9"}};
  for (const int indent : {-1, 2}) {
    const nlohmann::json read = parse_json(dump_json(value, indent));
    EXPECT_EQ(read.at("th\\xE9").at(1).at("name"), "caf\\xE9");
    EXPECT_EQ(read.at("plain"), "caf\xc3\xa9");
  }
}

TEST(DumpJson, TextAndNumbersAreThoseOfTheLibrary) {
  const nlohmann::json value = {{"b", {1, 2.5, nullptr, true, "x\n"}}, {"a", nlohmann::json::object()}, {"c", "\\"}};
  EXPECT_EQ(dump_json(value), value.dump());
  EXPECT_EQ(dump_json(value, 2), value.dump(2));
  const nlohmann::ordered_json ordered = {{"b", 1}, {"a", 2}};
  EXPECT_EQ(dump_json(ordered, 1), ordered.dump(1)) << "the order stays";
}

}  // namespace
}  // namespace cebm
