#include "core/json_text.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace cebm
