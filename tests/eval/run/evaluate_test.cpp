#include "eval/evaluator_test.h"
#include "support/thread_ranks.h"

namespace cebm {
namespace {

/// Notes what it is shown; wants the training and the test set.
class Notes final : public Evaluator {
 public:
  std::vector<Feed> feeds() const override { return {{"", "train"}, {"", "test"}}; }
  void begin(std::size_t feed, const Dataset& data) override {
    sizes[feed] = data.size();
    ++begun;
  }
  void add(std::size_t feed, EvaluationBatch& batch) override {
    EXPECT_EQ(batch.first(), seen[feed]);
    EXPECT_EQ(batch.images().size(0), batch.size());
    seen[feed] += batch.size();
    latent.push_back(batch.column("latent"));
  }
  nlohmann::json finish(const std::filesystem::path&) override { return {{"seen", seen[0] + seen[1]}}; }

  std::map<std::size_t, std::int64_t> sizes;
  std::map<std::size_t, std::int64_t> seen;
  std::vector<torch::Tensor> latent;
  int begun = 0;
};

class Evaluate : public EvaluatorTest {
 protected:
  EvaluationOutcome evaluate_notes(const std::shared_ptr<Notes>& notes, EvaluationPlan plan = {},
                                   const std::string& options = "") {
    plan.batch_size = 7;
    plan.columns = folder_ / "columns";
    return evaluate(*run_, catalog_, {{"notes", notes, options, folder_ / "notes"}}, plan);
  }
};

TEST_F(Evaluate, ShowsEverySetWholeAndInOrder) {
  const auto notes = std::make_shared<Notes>();
  const EvaluationOutcome outcome = evaluate_notes(notes);
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(notes->sizes, (std::map<std::size_t, std::int64_t>{{0, 24}, {1, 24}}));
  EXPECT_EQ(notes->seen, notes->sizes);
  EXPECT_EQ(outcome.results.at(0).at("result").at("seen"), 48);
  EXPECT_EQ(read_result(folder_ / "notes"), outcome.results.at(0));
  for (const char* key : {"version", "step", "config_sha256", "weights_sha256", "seed", "data"}) {
    EXPECT_TRUE(outcome.results.at(0).at("provenance").contains(key)) << key;
  }
}

TEST_F(Evaluate, TheSameEvaluationIsNotRunTwice) {
  evaluate_notes(std::make_shared<Notes>());
  const auto again = std::make_shared<Notes>();
  const EvaluationOutcome outcome = evaluate_notes(again);
  EXPECT_EQ(again->begun, 0);
  EXPECT_EQ(outcome.results.at(0).at("result").at("seen"), 48);
}

TEST_F(Evaluate, IsRunAgainWhenWeightsOptionsOrSeedChangeOrTheResultIsDamaged) {
  evaluate_notes(std::make_shared<Notes>());
  const auto begun = [&](const EvaluationPlan& plan, const std::string& options) {
    const auto notes = std::make_shared<Notes>();
    evaluate_notes(notes, plan, options);
    return notes->begun;
  };
  EXPECT_EQ(begun({.seed = 2}, ""), 2);
  EXPECT_EQ(begun({}, "other: 1"), 2);
  EXPECT_EQ(begun({}, "other: 1"), 0);
  {
    const torch::NoGradGuard no_graph;
    run_->model->parameters()[0].add_(0.5);
  }
  EXPECT_EQ(begun({}, "other: 1"), 2);
  write("notes/result.json", "{");
  EXPECT_EQ(begun({}, "other: 1"), 2);
}

TEST_F(Evaluate, AResultIsReusedWithoutReadingItsFilesUnlessTheyWereTouched) {
  write("set.bin", "24");
  int read = 0;
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
      "filed", "filed", "{}", [&](const StripesOptions&, const DataContext& context) {
        ++read;
        const auto value = static_cast<std::int64_t>(contents(folder_ / "set.bin").size());
        return std::make_shared<Dataset>(Dataset{"filed",
                                                 context.split,
                                                 torch::full({3, 1, 12, 10}, value, torch::kUInt8),
                                                 torch::zeros({3}, torch::kInt64),
                                                 {"a"},
                                                 {folder_ / "set.bin"}});
      }));
  class Sum final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"filed", "test"}}; }
    void add(std::size_t, EvaluationBatch& batch) override { sum = batch.images().sum().item<double>(); }
    nlohmann::json finish(const std::filesystem::path&) override { return {{"sum", sum}}; }
    double sum = 0.0;
  };
  const auto sum = [&](const EvaluationPlan& plan) {
    return evaluate(*run_, catalog_, {{"sum", std::make_shared<Sum>(), "", folder_ / "sum"}}, plan)
        .results.at(0)
        .at("result")
        .at("sum")
        .get<double>();
  };
  const EvaluationPlan plan{.columns = folder_ / "columns"};
  const double first = sum(plan);
  EXPECT_EQ(read, 1);
  EXPECT_EQ(sum(plan), first);
  EXPECT_EQ(read, 1) << "known by size and time of its file";
  write("set.bin", "another");
  EXPECT_NE(sum(plan), first);
  EXPECT_EQ(read, 2);
  write("columns/sets.json", "[{");
  sum(plan);
  EXPECT_EQ(read, 3) << "what was damaged is forgotten";
}

TEST_F(Evaluate, ACacheThatCannotBeWrittenIsOneWarning) {
  write("set.bin", "24");
  write("columns", "a file where the folder should be");
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
      "filed", "filed", "{}", [&](const StripesOptions& options, const DataContext& context) {
        auto set = make_stripes(options, context);
        set->files = {folder_ / "set.bin"};
        return set;
      }));
  class Filed final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"filed", "test"}}; }
    void add(std::size_t, EvaluationBatch& batch) override { rows += batch.column("latent").size(0); }
    nlohmann::json finish(const std::filesystem::path&) override { return {{"rows", rows}}; }
    std::int64_t rows = 0;
  };
  std::vector<std::string> said;
  const auto outcome =
      evaluate(*run_, catalog_, {{"filed", std::make_shared<Filed>(), "", folder_ / "out"}},
               {.columns = folder_ / "columns", .message = [&](const std::string& text) { said.push_back(text); }});
  EXPECT_EQ(outcome.results.at(0).at("result").at("rows"), 24);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/result.json"));
  ASSERT_EQ(said.size(), 1U) << "neither for the set's checksum nor for its columns a second time";
  EXPECT_EQ(said[0].find("warning: what is computed is not kept for later evaluations: "), 0U) << said[0];
  EXPECT_NE(said[0].find((folder_ / "columns").string()), std::string::npos) << said[0];
}

TEST_F(Evaluate, AResultNamesItsSetsAndTheOptionsThatItGaveToTheRunsOwn) {
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>("named", "named", "{}", make_stripes));
  class Both final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"", "test"}, {"named", "test"}}; }
    void add(std::size_t, EvaluationBatch&) override {}
    nlohmann::json finish(const std::filesystem::path&) override { return nlohmann::json::object(); }
  };
  const auto data_of = [&](const EvaluationPlan& plan) {
    const auto outcome = evaluate(*run_, catalog_, {{"both", std::make_shared<Both>(), "", folder_ / "both"}}, plan);
    return outcome.results.at(0).at("provenance").at("data");
  };
  const nlohmann::json regular = data_of({});
  EXPECT_EQ(regular[0].at("name"), "stripes");
  EXPECT_EQ(regular[1].at("name"), "named") << "although it calls itself stripes";
  EXPECT_FALSE(regular[0].contains("options"));
  const nlohmann::json changed = data_of({.data_options = {"width=4"}});
  EXPECT_EQ(changed[0].at("options"), nlohmann::json::array({"width=4"}));
  EXPECT_FALSE(changed[1].contains("options"));
}

TEST_F(Evaluate, SplitsThatAreTheSameImagesAreSaid) {
  std::vector<std::string> said;
  evaluate_notes(std::make_shared<Notes>(), {.message = [&](const std::string& text) { said.push_back(text); }});
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("warning: data sets stripes (train) and stripes (test) are the same images"),
            std::string::npos)
      << said[0];
}

TEST_F(Evaluate, AResultIsComputedAnewWhenAClassGetsAnotherName) {
  std::string name = "a";
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
      "named", "named", "{}", [&](const StripesOptions&, const DataContext& context) {
        return std::make_shared<Dataset>(Dataset{"named",
                                                 context.split,
                                                 torch::zeros({2, 1, 12, 10}, torch::kUInt8),
                                                 torch::zeros({2}, torch::kInt64),
                                                 {name},
                                                 {}});
      }));
  class Named final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"named", "test"}}; }
    void begin(std::size_t, const Dataset& data) override { name = data.classes.front(); }
    void add(std::size_t, EvaluationBatch&) override {}
    nlohmann::json finish(const std::filesystem::path&) override { return {{"name", name}}; }
    std::string name;
  };
  for (const std::string wanted : {"a", "b"}) {
    name = wanted;
    const auto outcome = evaluate(*run_, catalog_, {{"named", std::make_shared<Named>(), "", folder_ / "named"}}, {});
    EXPECT_EQ(outcome.results.at(0).at("result").at("name"), wanted);
  }
}

TEST_F(Evaluate, WhatASetWarnsOfIsSaid) {
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
      "warned", "warned", "{}", [](const StripesOptions& options, const DataContext& context) {
        auto set = make_stripes(options, context);
        set->warnings = {"half of it is missing"};
        return set;
      }));
  class One final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"warned", "test"}}; }
    void add(std::size_t, EvaluationBatch&) override {}
    nlohmann::json finish(const std::filesystem::path&) override { return nlohmann::json::object(); }
  };
  std::vector<std::string> said;
  evaluate(*run_, catalog_, {{"one", std::make_shared<One>(), "", folder_ / "one"}},
           {.message = [&](const std::string& text) { said.push_back(text); }});
  EXPECT_EQ(said, std::vector<std::string>{"warning: half of it is missing"});
}

/// Asks for the test set before the training set.
class Backwards final : public Evaluator {
 public:
  std::vector<Feed> feeds() const override { return {{"", "test"}, {"", "train"}}; }
  void begin(std::size_t, const Dataset&) override { ++begun; }
  void add(std::size_t, EvaluationBatch&) override {}
  nlohmann::json finish(const std::filesystem::path&) override { return nlohmann::json::object(); }
  int begun = 0;
};

TEST_F(Evaluate, AResultIsTheSameAloneAndBesideOthers) {
  const auto together = std::make_shared<Backwards>();
  evaluate(*run_, catalog_,
           {{"notes", std::make_shared<Notes>(), "", folder_ / "notes"}, {"backwards", together, "", folder_ / "back"}},
           {});
  EXPECT_EQ(together->begun, 2);
  const auto alone = std::make_shared<Backwards>();
  evaluate(*run_, catalog_, {{"backwards", alone, "", folder_ / "back"}}, {});
  EXPECT_EQ(alone->begun, 0);
}

/// Fails in one of its steps.
class Failing final : public Evaluator {
 public:
  explicit Failing(std::string step) : step_(std::move(step)) {}
  std::vector<Feed> feeds() const override { return {{step_ == "feeds" ? "absent" : "", "train"}}; }
  void begin(std::size_t, const Dataset&) override { at("begin"); }
  void add(std::size_t, EvaluationBatch&) override { at("add"); }
  nlohmann::json finish(const std::filesystem::path&) override {
    at("finish");
    return nlohmann::json::object();
  }

 private:
  void at(const std::string& step) const {
    if (step == step_) throw DataError("fails in " + step);
  }
  std::string step_;
};

TEST_F(Evaluate, OneThatFailsDoesNotStopTheOthersIfTheyShallGoOn) {
  for (const std::string step : {"feeds", "begin", "add", "finish"}) {
    const std::vector<Evaluation> both{{"failing", std::make_shared<Failing>(step), "", folder_ / "failing"},
                                       {"notes", std::make_shared<Notes>(), step, folder_ / "notes"}};
    const EvaluationOutcome outcome = evaluate(*run_, catalog_, both, {.keep_going = true});
    EXPECT_NE(outcome.failures.at(0).find(step == "feeds" ? "absent" : "fails in " + step), std::string::npos);
    EXPECT_TRUE(outcome.results.at(0).is_null());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "failing/result.json"));
    EXPECT_EQ(outcome.failures.at(1), "");
    EXPECT_EQ(outcome.results.at(1).at("result").at("seen"), 48) << step;
  }
  EXPECT_THROW(evaluate(*run_, catalog_, {{"failing", std::make_shared<Failing>("add"), "", folder_ / "failing"}}, {}),
               DataError);
}

TEST_F(Evaluate, TheCommandIsKeptBesideTheResult) {
  evaluate(*run_, catalog_, {{"notes", std::make_shared<Notes>(), "", folder_ / "notes", "cebm-eval notes"}}, {});
  EXPECT_EQ(read_result(folder_ / "notes").at("command"), "cebm-eval notes");
}

TEST_F(Evaluate, ASurveyComesBackAsWritten) {
  EXPECT_TRUE(read_survey(folder_ / "eval").command.empty());
  write_survey(folder_ / "eval", {"cebm-eval all", {{"ood", "no density"}}, {{"few-shot", "too few"}}});
  const EvaluationSurvey survey = read_survey(folder_ / "eval");
  EXPECT_EQ(survey.command, "cebm-eval all");
  EXPECT_EQ(survey.unsuited.at("ood"), "no density");
  EXPECT_EQ(survey.failed.at("few-shot"), "too few");
  write("eval/all.json", "{\"command\": 1");
  EXPECT_NE(message_of<DataError>([&] { read_survey(folder_ / "eval"); }).find("all.json"), std::string::npos);
}

TEST_F(Evaluate, AStoppedOneGoesOnWithWhatItHadComputed) {
  int batches = 0;
  const auto first = std::make_shared<Notes>();
  const EvaluationOutcome stopped = evaluate_notes(first, {.should_stop = [&] { return ++batches == 1; }});
  EXPECT_TRUE(stopped.stopped);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "notes/result.json"));
  EXPECT_EQ(contents(folder_ / "columns/stripes_train/columns.json").find("\"rows\": 16") != std::string::npos, true);
  const auto second = std::make_shared<Notes>();
  EXPECT_FALSE(evaluate_notes(second).stopped);
  EXPECT_TRUE(second->latent[0].equal(first->latent[0]));
  EXPECT_EQ(second->seen[0], 24);
}

TEST_F(Evaluate, ASetOfAnotherShapeIsRefusedUnlessItMayBeResized) {
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
      "wide", "wide", "{}", [](const StripesOptions&, const DataContext& context) {
        return std::make_shared<Dataset>(Dataset{"wide",
                                                 context.split,
                                                 torch::full({3, 3, 20, 30}, 100, torch::kUInt8),
                                                 torch::zeros({3}, torch::kInt64),
                                                 {"a"},
                                                 {}});
      }));
  class Shape final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"wide", "test"}}; }
    void add(std::size_t, EvaluationBatch& batch) override { images = batch.images(); }
    nlohmann::json finish(const std::filesystem::path&) override { return nlohmann::json::object(); }
    torch::Tensor images;
  };
  const auto shape = std::make_shared<Shape>();
  const std::string message = message_of<ConfigError>([&] {
    evaluate(*run_, catalog_, {{"shape", shape, "", folder_ / "shape"}}, {});
  });
  for (const char* part : {"wide", "3x20x30", "1x12x10", "--resize"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  evaluate(*run_, catalog_, {{"shape", shape, "", folder_ / "shape"}}, {.resize = true});
  EXPECT_EQ(shape->images.sizes(), (std::vector<std::int64_t>{3, 1, 12, 10}));
  EXPECT_NEAR(shape->images.min().item<double>(), 100 * 2.0 / 255.0 - 1.0, 1e-6) << "a grey colour stays that grey";
}

TEST_F(Evaluate, AMissingSetIsReportedWhereItIsOptionalAndAnErrorElsewhere) {
  class Wish final : public Evaluator {
   public:
    std::vector<Feed> feeds() const override { return {{"absent", "test", optional}, {"", "test"}}; }
    void missing(std::size_t feed, const std::string& reason) override { gone[feed] = reason; }
    void add(std::size_t feed, EvaluationBatch& batch) override { seen[feed] += batch.size(); }
    nlohmann::json finish(const std::filesystem::path&) override { return nlohmann::json::object(); }
    bool optional = true;
    std::map<std::size_t, std::string> gone;
    std::map<std::size_t, std::int64_t> seen;
  };
  catalog_.datasets.add(make_entry<StripesOptions, DatasetEntry>(
      "absent", "absent", "{}", [](const StripesOptions&, const DataContext&) -> std::shared_ptr<Dataset> {
        throw DataError("absent: not installed");
      }));
  const auto wish = std::make_shared<Wish>();
  std::vector<std::string> said;
  const EvaluationOutcome outcome = evaluate(*run_, catalog_, {{"wish", wish, "", folder_ / "wish"}},
                                             {.message = [&](const std::string& text) { said.push_back(text); }});
  EXPECT_EQ(wish->gone, (std::map<std::size_t, std::string>{{0, "absent: not installed"}}));
  EXPECT_EQ(wish->seen, (std::map<std::size_t, std::int64_t>{{1, 24}}));
  EXPECT_EQ(outcome.results.at(0).at("provenance").at("data")[0].at("missing"), "absent: not installed");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("warning"), std::string::npos);
  const auto demand = std::make_shared<Wish>();
  demand->optional = false;
  const std::vector<Evaluation> both{{"wish", wish, "other", folder_ / "wish"},
                                     {"demand", demand, "", folder_ / "demand"}};
  EXPECT_EQ(message_of<DataError>([&] { evaluate(*run_, catalog_, both, {}); }), "absent: not installed");
}

// Two programs started by one srun, each for a run of its own, would otherwise mix their columns.
TEST_F(Evaluate, RanksThatEvaluateDifferentRunsAreRefused) {
  RunConfig config(catalog_);
  read_options(parse_config(run_->checkpoint.config), config);
  config.train.seed = 2;
  train(config, {.directory = folder_ / "other", .data = {}});
  const OpenedRun other = open_run(folder_ / "other", catalog_, torch::kCPU);
  for (const bool same : {false, true}) {
    in_ranks(2, [&](const std::shared_ptr<Ranks>& ranks) {
      const std::string name = same ? "same" : "different";
      const auto run = [&] {
        evaluate(same || ranks->leads() ? *run_ : other, catalog_,
                 {{"scores", build("scores", "columns: energy"), "", folder_ / name}}, {.ranks = ranks});
      };
      if (same) {
        EXPECT_NO_THROW(run());
      } else {
        EXPECT_THROW(run(), ConfigError);
      }
    });
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "same/result.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "different"));
}

}  // namespace
}  // namespace cebm
