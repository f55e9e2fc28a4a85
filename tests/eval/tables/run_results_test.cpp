// Which results the tables show, average and compare.
#include <cebm/ood_result.h>
#include <cebm/samples_result.h>
#include <gmock/gmock.h>

#include "eval/tables/table_rows.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Provenance of the training and the test set of few-shot.
nlohmann::json sets(const std::string& test = "71e06164", const std::string& train = "b7f87983") {
  return {{{"name", "fashion_mnist"}, {"split", "train"}, {"images", 50}, {"sha256", train}},
          {{"name", "fashion_mnist"}, {"split", "test"}, {"images", 50}, {"sha256", test}}};
}

class WhatTablesShow : public RunResultsTest {
 protected:
  RunResults read_with(const std::string& evaluator, const nlohmann::json& result, const nlohmann::json& data,
                       const std::string& options = "", bool averaged = true) const {
    const nlohmann::json provenance{{"config_sha256", sha256(config_)}, {"averaged", averaged}, {"data", data}};
    std::filesystem::create_directories(folder_ / "eval" / evaluator);
    write("eval/" + evaluator + "/result.json",
          nlohmann::json{{"evaluator", evaluator}, {"options", options}, {"provenance", provenance}, {"result", result}}
              .dump());
    return read_run_results(folder_);
  }
  RunResults few_shot_run(double accuracy, const nlohmann::json& data = sets(),
                          const std::string& options = "draws: 10\n") const {
    return read_with("few-shot", few_shot(accuracy), data, options);
  }
  static RunResults in_folder(RunResults run, const std::string& folder) {
    run.directory = folder;
    return run;
  }
};

TEST_F(WhatTablesShow, IsNoResultOfOtherImagesThanTheRunsTestSet) {
  EXPECT_THAT(few_shot_run(0.5).few_labels, SizeIs(3));
  nlohmann::json limited = sets();
  limited[0]["options"] = nlohmann::json::array({"limit=50"});
  nlohmann::json train = sets();
  train[1]["split"] = "train";
  nlohmann::json other = sets();
  other[1]["name"] = "mnist";
  for (const auto& [data, why] : {std::pair{limited, "--data-option limit=50"},
                                  {train, "of the split train, not of test"},
                                  {other, "of the data set mnist, not of fashion_mnist"}}) {
    const RunResults run = few_shot_run(0.5, data);
    EXPECT_THAT(run.few_labels, IsEmpty()) << why;
    EXPECT_THAT(run.notes, Contains(AllOf(HasSubstr("few-shot: the result is of"), HasSubstr(why),
                                          HasSubstr("`cebm-eval few-shot --run " + folder_.string() + "`"))));
  }
}

TEST_F(WhatTablesShow, IsForOodToo) {
  const OodResult ood{"fashion_mnist", "train", 7, {{"constant", {{}, 5, {{"log_density", {{0.1}, {0.2}, {0.3}}}}}}}};
  const RunResults run = read_with("ood", ood.to_json(),
                                   {{{"name", "fashion_mnist"}, {"split", "train"}, {"sha256", "aa"}},
                                    {{"name", "constant"}, {"split", "test"}, {"sha256", "bb"}}});
  EXPECT_THAT(run.ood, IsEmpty());
  EXPECT_THAT(run.notes, Contains(HasSubstr("ood: the result is of the split train")));
}

TEST_F(WhatTablesShow, IsOfTheAveragedWeightsWhereTheRunKeepsThem) {
  save(4, config_);
  EXPECT_THAT(read_with("few-shot", few_shot(0.5), sets(), "", /*averaged=*/false).few_labels, SizeIs(3))
      << "of a run without, such as an export";
  Checkpoint checkpoint;
  checkpoint.step = 4;
  checkpoint.config = config_;
  checkpoint.parts["ema"].tensors["weight"] = torch::zeros({1});
  save_checkpoint(folder_ / "checkpoints", checkpoint);
  const RunResults live = read_with("few-shot", few_shot(0.5), sets(), "", /*averaged=*/false);
  EXPECT_THAT(live.few_labels, IsEmpty());
  EXPECT_THAT(live.notes, Contains(HasSubstr("few-shot: the result is of the last weights (--weights live)")));
  EXPECT_THAT(few_shot_run(0.5).few_labels, SizeIs(3));
}

TEST_F(WhatTablesShow, AreMeansOverResultsOfOneProtocol) {
  const std::vector<std::string> heads{"Fashion-MNIST", "1"};
  const RunResults first = in_folder(few_shot_run(0.5), "runs/a");
  const RunResults alike = in_folder(few_shot_run(0.6, sets(), "draws: 10\nspaces: [latent, features]\n"), "runs/b");
  EXPECT_EQ(cell(few_label_table({first, alike}), "CEBMM", heads).ours.size(), 2U)
      << "which codes are classified is no other protocol";

  for (const RunResults& other : {in_folder(few_shot_run(0.6, sets(), "draws: 2\n"), "runs/b"),
                                  in_folder(few_shot_run(0.6, sets("71e06164", "another")), "runs/b")}) {
    const ResultTable apart = few_label_table({first, other});
    EXPECT_EQ(find_row(apart, "CEBMM"), nullptr);
    EXPECT_EQ(cell(apart, "CEBMM (runs/a)", heads).ours, std::vector<double>{50.0});
    EXPECT_EQ(cell(apart, "CEBMM (runs/b)", heads).ours, std::vector<double>{60.0});
    EXPECT_EQ(cell(apart, "Raw pixels (runs/a)", heads).ours, std::vector<double>{40.0});
    EXPECT_EQ(cell(apart, "Raw pixels (runs/b)", heads).ours, std::vector<double>{40.0});
    EXPECT_THAT(to_markdown(apart), Not(HasSubstr("Several runs of one configuration")));
  }
}

TEST_F(WhatTablesShow, ARunThatLearnedLabelsIsNotBesideThePapersNumbers) {
  const RunResults unlabelled = in_folder(few_shot_run(0.5), "runs/a");
  RunResults labelled = in_folder(unlabelled, "runs/b");
  labelled.learned_labels = true;
  const std::vector<std::string> heads{"Fashion-MNIST", "1"};
  const ResultTable both = few_label_table({unlabelled, labelled});
  EXPECT_EQ(cell(both, "CEBMM", heads).paper, 52.0);
  EXPECT_EQ(cell(both, "CEBMM", heads).ours.size(), 1U);
  EXPECT_EQ(cell(both, "CEBMM, trained with labels", heads).paper, std::nullopt);
  EXPECT_EQ(cell(both, "CEBMM, trained with labels", heads).ours, std::vector<double>{50.0});
  EXPECT_EQ(cell(few_label_table({labelled}), "CEBMM", heads).paper, 52.0) << "the paper's row stands alone";

  const nlohmann::json provenance{{"config_sha256", sha256(config_)}, {"learned_labels", true}, {"data", sets()}};
  write(
      "eval/few-shot/result.json",
      nlohmann::json{{"evaluator", "few-shot"}, {"options", ""}, {"provenance", provenance}, {"result", few_shot(0.5)}}
          .dump());
  EXPECT_TRUE(read_run_results(folder_).learned_labels);
  EXPECT_FALSE(unlabelled.learned_labels);
}

TEST_F(WhatTablesShow, ARunWithoutAResultIsNoRowOfItsOwn) {
  const RunResults evaluated = in_folder(few_shot_run(0.5), "runs/a");
  RunResults other = in_folder(evaluated, "runs/b");
  other.few_labels = {};
  other.few_labels_from = {};
  const ResultTable table = few_label_table({other, evaluated});
  EXPECT_EQ(cell(table, "CEBMM", {"Fashion-MNIST", "1"}).ours.size(), 1U);
  EXPECT_EQ(table.heads.front().front(), "Fashion-MNIST") << "nor is its test set another";
}

TEST_F(WhatTablesShow, AreSetsOfOneNameInColumnsOfTheirOwn) {
  RunResults cats = in_folder(few_shot_run(0.5, sets("3fa9c1d2aaaa")), "runs/a");
  cats.place = "cats";
  RunResults dogs = in_folder(few_shot_run(0.6, sets("77777777bbbb")), "runs/b");
  dogs.configuration = "another";
  dogs.few_labels[2].accuracy = 0.3;  // pixels
  const ResultTable table = few_label_table({cats, dogs});
  ASSERT_EQ(table.heads.size(), 8U);
  const std::vector<std::string> first{"Fashion-MNIST (cats, 3fa9c1d2)", "1"};
  const std::vector<std::string> second{"Fashion-MNIST (77777777)", "1"};
  EXPECT_EQ(cell(table, "Raw pixels", first).ours, std::vector<double>{40.0});
  EXPECT_EQ(cell(table, "Raw pixels", second).ours, std::vector<double>{30.0});
  EXPECT_TRUE(cell(table, "CEBMM (runs/a)", first).best);
  EXPECT_TRUE(cell(table, "CEBMM (runs/b)", second).best);
  EXPECT_TRUE(cell(table, "CEBMM (runs/b)", first).ours.empty());
}

TEST_F(WhatTablesShow, AreNeighboursInEachTestSet) {
  RunResults first = run_of("cebm", "their_set");
  first.nearest = {{"pixels", 1, 0.4}};
  first.nearest_from = {"11111111", "p"};
  RunResults second = run_of("vae", "their_set");
  second.nearest = {{"pixels", 1, 0.7}};
  second.nearest_from = {"22222222", "p"};
  const ResultTable table = nearest_table({first, second});
  EXPECT_EQ(cell(table, "Raw pixels", {"their_set (11111111)", "1"}).ours, std::vector<double>{40.0});
  EXPECT_EQ(cell(table, "Raw pixels", {"their_set (22222222)", "1"}).ours, std::vector<double>{70.0});
}

TEST_F(WhatTablesShow, AreOtherSetsOfOneNameInColumnsOfTheirOwn) {
  const OodResult ood{"fashion_mnist", "test", 7, {{"mnist", {{}, 5, {{"log_density", {{0.1}, {0.2}, {0.3}}}}}}}};
  const auto against = [&](const std::string& sha256) {
    return read_with("ood", ood.to_json(),
                     {{{"name", "fashion_mnist"}, {"split", "test"}, {"sha256", "aa"}},
                      {{"name", "mnist"}, {"split", "test"}, {"sha256", sha256}}});
  };
  const RunResults first = against("11111111ff");
  EXPECT_EQ(cell(ood_table({first, first}), "CEBMM", {"Fashion-MNIST", "log p(x)", "MNIST"}).ours.size(), 2U);
  const ResultTable apart = ood_table({first, against("22222222ff")});
  EXPECT_EQ(apart.heads.size(), 7U) << "the paper's six, one of them twice";
  for (const char* heading : {"MNIST (11111111)", "MNIST (22222222)"}) {
    const TableCell found = cell(apart, "CEBMM", {"Fashion-MNIST", "log p(x)", heading});
    EXPECT_EQ(found.ours.size(), 1U);
    EXPECT_EQ(found.paper, 56.0);
  }
}

TEST_F(WhatTablesShow, AreSamplesInOneKindOfFeaturesAtATime) {
  const auto in_features = [&](const std::string& features, double frechet, const std::string& options) {
    SamplesResult samples{.data = "fashion_mnist", .test_images = 10, .features = features};
    const SampleQuality quality{.frechet = frechet, .kernel = {}};
    samples.sources = {{"buffer", "", 10, quality, quality}};
    return read_with("samples", samples.to_json(), sets(), options);
  };
  const std::string classifier = "the 64 features of a classifier that was trained on the set";
  const RunResults usual = in_features(classifier, 2.0, "features: classifier\nclassifier_steps: 1000\n");
  RunResults pca = in_features("64 principal components", 1.0, "features: pca\n");
  pca.model = "cebm";
  RunResults quick = in_features(classifier, 0.5, "features: classifier\nclassifier_steps: 30\n");
  quick.model = "vae";
  const std::vector<ResultTable> tables = samples_tables({usual, pca, quick});
  ASSERT_EQ(tables.size(), 3U);
  EXPECT_THAT(tables[0].caption, HasSubstr("in " + classifier + ", lower"));
  EXPECT_THAT(tables[1].caption, HasSubstr("in 64 principal components, lower"));
  EXPECT_THAT(tables[2].caption, HasSubstr("in " + classifier + " for 30 steps, lower"));
  for (const auto& [table, row] : {std::pair{tables[0], "CEBMM"}, {tables[1], "CEBM"}, {tables[2], "VAE"}}) {
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(table.rows[0].name, row);
    EXPECT_TRUE(table.rows[0].cells[0].best);
  }
}

TEST_F(WhatTablesShow, KnowsTheFolderOfPictures) {
  RunConfig config(catalog_);
  read_options(parse_config("{data: {name: image-folder, path: /home/them/cats/}, model: cebmm}"), config);
  write("config.yaml", dump_options(config));
  EXPECT_EQ(read_run_results(folder_).place, "cats");
}

}  // namespace
}  // namespace cebm
