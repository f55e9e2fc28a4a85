#include "eval/run/feed_sets.h"

#include <cebm/config.h>

#include "eval/evaluator_test.h"

namespace cebm {
namespace {

class TheSetsOfFeeds : public EvaluatorTest {};

TEST_F(TheSetsOfFeeds, HaveTheTrainingsSeedIfTheyAreTheRunsOwnAndThatOfTheEvaluationOtherwise) {
  run_->config->train.seed = 5;
  run_->config->data.select("noise");
  read_options(parse_config("{count: 4}"), run_->config->data.options());
  EvaluationPlan plan;
  plan.seed = 9;
  const FeedSets sets(*run_, catalog_, plan, "version");
  const auto images_of = [&](const std::string& data) {
    Reading reading;
    reading.feed = {.data = data, .split = "test"};
    sets.load(reading);
    return reading.data->images.narrow(0, 0, 4);
  };
  const auto drawn = [&](const std::string& name, std::uint64_t seed) {
    return Choice<DatasetEntry>(catalog_, name)
        .build(DataContext{.split = "test", .seed = seed, .image = run_->model->image_shape()})
        ->images.narrow(0, 0, 4);
  };
  EXPECT_TRUE(images_of("").equal(drawn("noise", 5)));
  EXPECT_TRUE(images_of("noise").equal(drawn("noise", 5)));
  EXPECT_TRUE(images_of("constant").equal(drawn("constant", 9)));
}

TEST_F(TheSetsOfFeeds, NameTheFlagOfAnOptionThatCannotBeMeant) {
  for (const std::string option : {"limit", "widht=4"}) {
    const EvaluationPlan plan{.data_options = {option}};
    const FeedSets sets(*run_, catalog_, plan, "version");
    Reading reading;
    EXPECT_EQ(message_of<ConfigError>([&] { sets.load(reading); }).find("--data-option " + option + ": "), 0U);
  }
}

}  // namespace
}  // namespace cebm
