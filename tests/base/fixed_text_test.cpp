#include "base/fixed_text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <limits>
#include <string>

namespace cebm {
namespace {

TEST(FixedText, HasSoManyDecimals) {
  EXPECT_EQ(fixed_text(2.25, 1), "2.2");  // to even, as printf
  EXPECT_EQ(fixed_text(-0.05, 2), "-0.05");
  EXPECT_EQ(fixed_text(1e6, 0), "1000000");
  EXPECT_EQ(fixed_text(std::numeric_limits<double>::max(), 17).size(), 309U + 1U + 17U);
}

TEST(FixedText, HasAPointInALocaleWithAComma) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  const bool has_comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8") != nullptr;
  const std::string text = fixed_text(1.5, 1);
  std::setlocale(LC_NUMERIC, before.c_str());
  EXPECT_EQ(text, "1.5");
  if (!has_comma) GTEST_SKIP() << "this system has no German locale";
}

}  // namespace
}  // namespace cebm
