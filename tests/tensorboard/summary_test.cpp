#include "tensorboard/summary.h"

#include <cebm/errors.h>
#include <cebm/image_io.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cebm {
namespace {

using testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

TEST(Wire, IsWhatTheProtocolBuffersDocumentationShows) {
  EXPECT_EQ(Message().integer(1, 150).encoded(), bytes({0x08, 0x96, 0x01}));
  EXPECT_EQ(Message().bytes(2, "testing").encoded(), bytes({0x12, 0x07}) + "testing");
  EXPECT_EQ(Message().message(3, Message().integer(1, 150)).encoded(), bytes({0x1a, 0x03, 0x08, 0x96, 0x01}));
  EXPECT_EQ(Message().real32(2, 1.0F).encoded(), bytes({0x15, 0, 0, 0x80, 0x3f}));
  EXPECT_EQ(Message().real(1, 1.0).encoded(), bytes({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}));
}

TEST(Event, HasItsStepAndATimeThatDependsOnNothingElse) {
  const std::string event = event_of(300, {scalar_value("a", 1.0)});
  EXPECT_EQ(step_of_event(event), 300U);
  EXPECT_EQ(event, event_of(300, {scalar_value("a", 1.0)}));
  EXPECT_EQ(step_of_event(first_event()), 0U);
  EXPECT_EQ(step_of_event(event_of(0, {})), 0U);
  for (std::size_t size = 0; size < 9; ++size) EXPECT_EQ(step_of_event(event.substr(0, size)), 0U) << "cut short";
}

TEST(Histogram, CountsEveryFiniteValueOnce) {
  const double nan = std::nan("");
  const std::vector<double> values{-1.0, 2.0, 0.5, 0.5, nan, std::numeric_limits<double>::infinity()};
  const std::string encoded = histogram_value("h", values).encoded();
  EXPECT_THAT(encoded,
              HasSubstr(Message().real(1, -1.0).real(2, 2.0).real(3, 4.0).real(4, 2.0).real(5, 5.5).encoded()));
  std::vector<double> counts(30, 0.0);
  counts[0] = counts[29] = 1.0;
  counts[15] = 2.0;
  EXPECT_THAT(encoded, HasSubstr(Message().reals(7, counts).encoded()));
}

TEST(Histogram, OfOneValueOrOfNoneHasBinsOfSomeWidth) {
  EXPECT_THAT(histogram_value("h", std::vector<double>{3.0}).encoded(), HasSubstr(Message().real(3, 1.0).encoded()));
  EXPECT_THAT(histogram_value("h", {}).encoded(), HasSubstr(Message().real(3, 0.0).encoded()));
}

TEST(Image, SaysWhatThePngSays) {
  const Picture rgb{.width = 5, .height = 3, .channels = 3, .pixels = std::vector<std::uint8_t>(45, 7)};
  EXPECT_THAT(image_value("i", encode_png(rgb)).encoded(),
              HasSubstr(Message().integer(1, 3).integer(2, 5).integer(3, 3).encoded()));
  const Picture grey{.width = 300, .height = 2, .channels = 1, .pixels = std::vector<std::uint8_t>(600, 7)};
  EXPECT_THAT(image_value("i", encode_png(grey)).encoded(),
              HasSubstr(Message().integer(1, 2).integer(2, 300).integer(3, 1).encoded()));
  EXPECT_THROW(image_value("i", "GIF89a"), DataError);
  EXPECT_THROW(image_value("i", encode_png(grey).substr(0, 20)), DataError);
}

}  // namespace
}  // namespace cebm
