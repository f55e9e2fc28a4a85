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

TEST(GeneralText, IsShortAndOfSoManyDigits) {
  EXPECT_EQ(general_text(2.0 / 3.0, 3), "0.667");
  EXPECT_EQ(general_text(1.5, 5), "1.5") << "no zeros at the end";
  EXPECT_EQ(general_text(123456.0, 3), "1.23e+05");
  EXPECT_EQ(general_text(-std::numeric_limits<double>::infinity(), 4), "-inf");
}

TEST(ScientificText, HasAnExponent) { EXPECT_EQ(scientific_text(1.5e-7, 1), "1.5e-07"); }

TEST(PlusMinusText, HasAsManyDecimalsOnBothSides) { EXPECT_EQ(plus_minus_text(1.5, 0.125, 2), "1.50 ± 0.12"); }

TEST(FixedText, HasAPointInALocaleWithAComma) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  const bool has_comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8") != nullptr;
  const std::string text = fixed_text(1.5, 1) + " " + general_text(0.25, 3) + " " + scientific_text(1.5, 1);
  std::setlocale(LC_NUMERIC, before.c_str());
  EXPECT_EQ(text, "1.5 0.25 1.5e+00");
  if (!has_comma) GTEST_SKIP() << "this system has no German locale";
}

}  // namespace
}  // namespace cebm
