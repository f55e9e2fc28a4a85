#include "tensorboard/event_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cebm {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(EventText, SettingsKeepTheirKinds) {
  EXPECT_THAT(settings_of("data: {name: mnist, cache: true}\ntrain: {steps: 10, rate: 1.0e-04}\nlist: [1, 2]\n"),
              ElementsAre(Pair("data.name", HyperParameter("mnist")), Pair("data.cache", HyperParameter(true)),
                          Pair("train.steps", HyperParameter(10.0)), Pair("train.rate", HyperParameter(1e-4)),
                          Pair("list", HyperParameter("[1, 2]"))));
}

TEST(EventText, NumbersOfAResultHaveTheirPlaces) {
  const auto result = nlohmann::json::parse(R"({"a": {"mean": 1.5, "of": [1, 2]}, "n": 3, "text": "4", "none": null,
      "sources": [{"name": "noise", "value": 5}, {"value": 6}]})");
  EXPECT_THAT(numbers_in(result), ElementsAre(Pair("a/mean", 1.5), Pair("n", 3.0), Pair("sources/noise/value", 5.0)));
}

TEST(EventText, ABlockKeepsEveryLine) {
  EXPECT_EQ(markdown_block("a:\n  b: 1\n\nc"), "    a:\n      b: 1\n    \n    c\n");
}

}  // namespace
}  // namespace cebm
