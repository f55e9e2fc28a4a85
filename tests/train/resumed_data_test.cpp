// Whether a run goes on with the data that it was trained on.
#include <cebm/errors.h>
#include <gtest/gtest.h>

#include "train/resume.h"

namespace cebm {
namespace {

Dataset data_with(std::int64_t pixel, std::int64_t label) {
  Dataset data;
  data.images = torch::full({2, 1, 3, 3}, pixel, torch::kUInt8);
  data.labels = torch::full({2}, label, torch::kLong);
  return data;
}

Checkpoint checkpoint_of(const nlohmann::json& data) {
  Checkpoint checkpoint;
  checkpoint.parts["progress"].values["data"] = data;
  return checkpoint;
}

/// The error of going on from `before` with `now`, or "" if there is none.
std::string refusal(const nlohmann::json& before, const nlohmann::json& now) {
  try {
    require_same_data(checkpoint_of(before), now, {"run", false, [](const std::string&) {}});
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ResumedData, OtherLabelsAreRefusedWhereTheyAreRead) {
  const auto before = data_of(data_with(7, 0), true);
  EXPECT_EQ(refusal(before, data_of(data_with(7, 0), true)), "");
  EXPECT_NE(refusal(before, data_of(data_with(7, 1), true)).find("other labels"), std::string::npos);
  EXPECT_NE(refusal(before, data_of(data_with(8, 0), true)).find("other images"), std::string::npos);
}

TEST(ResumedData, LabelsThatNoObjectiveReadsMayChange) {
  EXPECT_EQ(refusal(data_of(data_with(7, 0), false), data_of(data_with(7, 1), false)), "");
  EXPECT_NE(refusal(data_of(data_with(7, 0), false), data_of(data_with(8, 0), false)), "");
}

TEST(ResumedData, CheckpointsWithoutLabelsAreComparedByTheirImages) {
  EXPECT_EQ(refusal(data_of(data_with(7, 0), false), data_of(data_with(7, 1), true)), "");
  EXPECT_NE(refusal(data_of(data_with(7, 0), false), data_of(data_with(8, 0), true)), "");
  Checkpoint old;
  old.parts["progress"].values["rows"] = 3;
  EXPECT_NO_THROW(require_same_data(old, data_of(data_with(7, 0), true), {"run", false, {}}));
}

TEST(ResumedData, ForceNamesTheChangeAndGoesOn) {
  std::vector<std::string> said;
  require_same_data(checkpoint_of(data_of(data_with(7, 0), true)), data_of(data_with(7, 1), true),
                    {"run", true, [&](const std::string& text) { said.push_back(text); }});
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].rfind("changed: training labels: ", 0), 0U);
}

}  // namespace
}  // namespace cebm
