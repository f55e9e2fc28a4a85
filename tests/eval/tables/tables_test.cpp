#include <cebm/catalog.h>
#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/few_shot_result.h>
#include <cebm/files.h>
#include <cebm/ood_result.h>
#include <cebm/run.h>
#include <cebm/samples_result.h>
#include <cebm/tables.h>
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/tables/table_rows.h"

namespace cebm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(FewLabelTable, PutsModelsInThePapersOrderBesideItsValuesAndBaselinesBelow) {
  RunResults cebm = run_of("cebm", "fashion_mnist");
  cebm.few_labels = {{"latent", "10", 0.616}, {"pixels", "10", 0.70}, {"untrained_latent", "10", 0.54}};
  RunResults vae = run_of("vae", "fashion_mnist");
  vae.few_labels = {{"latent", "10", 0.65}, {"pixels", "10", 0.70}};
  const ResultTable table = few_label_table({cebm, vae});
  std::vector<std::string> names;
  for (const TableRow& row : table.rows) names.push_back(row.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"VAE", "GMM-VAE", "IGEBM", "CEBM", "CEBMM", "Raw pixels", "CEBM, untrained"}));
  EXPECT_EQ(table.heads,
            (std::vector<std::vector<std::string>>{
                {"Fashion-MNIST", "1"}, {"Fashion-MNIST", "10"}, {"Fashion-MNIST", "100"}, {"Fashion-MNIST", "all"}}));
  const TableCell ours = cell(table, "CEBM", {"Fashion-MNIST", "10"});
  EXPECT_NEAR(ours.mean(), 61.6, 1e-9);
  EXPECT_EQ(ours.paper, 70.0);
  EXPECT_FALSE(ours.best);
  const TableCell pixels = cell(table, "Raw pixels", {"Fashion-MNIST", "10"});
  EXPECT_EQ(pixels.ours.size(), 1U) << "the same pixels in every run count once";
  EXPECT_TRUE(pixels.best) << "baselines take part";
  EXPECT_EQ(pixels.paper, std::nullopt);
  EXPECT_TRUE(cell(table, "CEBM", {"Fashion-MNIST", "1"}).ours.empty());
  EXPECT_EQ(cell(table, "IGEBM", {"Fashion-MNIST", "all"}).paper, 83.0) << "a model without a run";
}

TEST(FewLabelTable, SeedsShareARowAndOtherConfigurationsHaveTheirOwn) {
  RunResults first = run_of("cebm", "mnist");
  first.few_labels = {{"latent", "1", 0.60}};
  RunResults second = first;
  second.directory = "runs/seed2";
  second.few_labels = {{"latent", "1", 0.64}};
  const ResultTable seeds = few_label_table({first, second});
  const TableCell both = cell(seeds, "CEBM", {"MNIST", "1"});
  EXPECT_EQ(both.ours.size(), 2U);
  EXPECT_NEAR(both.mean(), 62.0, 1e-9);
  EXPECT_NEAR(both.std().value(), std::sqrt(8.0), 1e-9);
  EXPECT_THAT(to_markdown(seeds), HasSubstr("**62.0 ± 2.8 [2]** (67, -5.0)"));

  second.configuration = "another";
  const ResultTable apart = few_label_table({first, second});
  EXPECT_EQ(cell(apart, "CEBM (runs/cebma)", {"MNIST", "1"}).ours.size(), 1U);
  EXPECT_EQ(cell(apart, "CEBM (runs/seed2)", {"MNIST", "1"}).paper, 67.0);
  EXPECT_EQ(find_row(apart, "CEBM"), nullptr);
}

TEST(FewLabelTable, AModelsRunsOnSeveralSetsShareARow) {
  RunResults mnist = run_of("cebm", "mnist");
  mnist.few_labels = {{"latent", "full", 0.97}};
  RunResults svhn = run_of("cebm", "svhn");
  svhn.few_labels = {{"latent", "full", 0.70}};
  const ResultTable table = few_label_table({svhn, mnist});
  EXPECT_EQ(table.heads.front().front(), "MNIST") << "sets in the paper's order";
  EXPECT_EQ(cell(table, "CEBM", {"MNIST", "all"}).ours.size(), 1U);
  EXPECT_EQ(cell(table, "CEBM", {"SVHN", "all"}).ours.size(), 1U);
  EXPECT_EQ(table.heads.size(), 8U);
  EXPECT_EQ(few_label_table({svhn, mnist}, true).heads.size(), 16U);
}

TEST(FewLabelTable, ValuesThatLookTheSameAreBothTheBest) {
  RunResults cebm = run_of("cebm", "mnist");
  cebm.few_labels = {{"latent", "1", 0.60004}};
  RunResults vae = run_of("vae", "mnist");
  vae.few_labels = {{"latent", "1", 0.60001}};
  RunResults igebm = run_of("igebm", "mnist");
  igebm.few_labels = {{"latent", "1", 0.59}};
  const ResultTable table = few_label_table({cebm, vae, igebm});
  EXPECT_TRUE(cell(table, "CEBM", {"MNIST", "1"}).best);
  EXPECT_TRUE(cell(table, "VAE", {"MNIST", "1"}).best);
  EXPECT_FALSE(cell(table, "IGEBM", {"MNIST", "1"}).best);
  EXPECT_FALSE(cell(table, "CEBMM", {"MNIST", "1"}).best) << "missing";
}

class OodTable : public testing::Test {
 protected:
  OodTable() : cebm_(run_of("cebm", "fashion_mnist")), igebm_(run_of("igebm", "fashion_mnist")) {
    cebm_.ood = {{"log_density", "mnist", 0.40, 0.45, 0.90}, {"typicality", "noise", 0.9, 0.9, 0.1}};
    igebm_.ood = {{"log_density", "mnist", 0.30, 0.42, 0.95}};
  }
  RunResults cebm_;
  RunResults igebm_;
};

TEST_F(OodTable, AurocStandsBesideThePapers) {
  const ResultTable table = ood_table({cebm_, igebm_});
  EXPECT_EQ(table.heads.size(), 7U) << "the paper's six, and ours that it has not";
  const TableCell found = cell(table, "CEBM", {"Fashion-MNIST", "log p(x)", "MNIST"});
  EXPECT_NEAR(found.mean(), 40.0, 1e-9);
  EXPECT_EQ(found.paper, 37.0);
  EXPECT_TRUE(found.best);
  EXPECT_TRUE(cell(table, "CEBM", {"Fashion-MNIST", "log p(x)", "E-MNIST"}).ours.empty());
  EXPECT_EQ(cell(table, "CEBM", {"Fashion-MNIST", "typicality", "noise"}).paper, std::nullopt);
}

TEST_F(OodTable, TheOtherMetricsHaveNoPaperValueAndTheLowestFalsePositiveRateIsTheBest) {
  const std::vector<std::string> heads{"Fashion-MNIST", "log p(x)", "MNIST"};
  EXPECT_NEAR(cell(ood_table({cebm_, igebm_}, "aupr"), "CEBM", heads).mean(), 45.0, 1e-9);
  const ResultTable fpr = ood_table({cebm_, igebm_}, "fpr95");
  EXPECT_TRUE(cell(fpr, "CEBM", heads).best);
  EXPECT_FALSE(cell(fpr, "IGEBM", heads).best);
  EXPECT_EQ(cell(fpr, "CEBM", heads).paper, std::nullopt);
  EXPECT_THROW(ood_table({cebm_}, "accuracy"), ConfigError);
}

/// A table with text that each format has to escape.
ResultTable hostile_table() {
  TableCell good{{50.0}, 52.0, true};
  TableCell missing{{}, 70.0, false};
  return {"A title",
          "50% of it.",
          {"data set", "labels"},
          {{"a_b", "1"}, {"a_b", "x|y"}},
          {{"row, \"one\"", false, {good, missing}}, {"base", true, {missing, {{1.0, 2.0}, {}, false}}}}};
}

TEST(TableText, MarkdownShowsMissingCellsThePapersValueAndTheDifference) {
  const std::string text = to_markdown(hostile_table());
  EXPECT_THAT(text, HasSubstr("| | a\\_b, 1 | a\\_b, x\\|y |\n| --- | --- | --- |\n"));
  EXPECT_THAT(text, HasSubstr("| row, \"one\" | **50.0** (52, -2.0) | missing (70) |\n"));
  EXPECT_THAT(text, HasSubstr("| base | missing (70) | 1.5 ± 0.7 [2] |"));
}

TEST(TableText, LatexIsABooktabsTableWithSharedHeadings) {
  const std::string text = to_latex(hostile_table());
  for (const char* part :
       {"\\begin{tabular}{lcc}", "\\toprule", "\\multicolumn{2}{c}{a\\_b} \\\\ \\cmidrule(lr){2-3}\n",
        "\\multicolumn{1}{c}{1} & \\multicolumn{1}{c}{x\\textbar{}y} \\\\\n\\midrule\n",
        "row, \"one\" & \\textbf{50.0} {\\scriptsize (52, $-2.0$)} & missing {\\scriptsize (70)} \\\\\n\\midrule\nbase",
        "50\\% of it.", "1.5 $\\pm$ 0.7 [2]", "\\bottomrule"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(TableText, ExplainsBracketsOnlyWhereThereAreSome) {
  ResultTable table = hostile_table();
  EXPECT_THAT(to_markdown(table), HasSubstr("In brackets: the paper's value"));
  for (TableRow& row : table.rows) {
    for (TableCell& cell : row.cells) cell.paper = std::nullopt;
  }
  for (const std::string& text : {to_markdown(table), to_latex(table)}) {
    EXPECT_THAT(text, testing::AllOf(HasSubstr("of it."), Not(HasSubstr("brackets"))));
  }
}

TEST(TableText, CsvHasALineForEachCell) {
  EXPECT_EQ(to_csv(hostile_table()),
            "row,data set,labels,ours,std,n,paper,difference,best\n"
            "\"row, \"\"one\"\"\",a_b,1,50.0000,,1,52,-2.0000,1\n"
            "\"row, \"\"one\"\"\",a_b,x|y,missing,,0,70,,0\n"
            "base,a_b,1,missing,,0,70,,0\n"
            "base,a_b,x|y,1.5000,0.7071,2,,,0\n");
}

TEST_F(RunResultsTest, AreReadFromTheRunsFolder) {
  write_result("few-shot", few_shot(0.5), config_);
  const OodResult::OtherSet mnist{{}, 5, {{"log_density", {{0.1}, {0.2}, {0.3}}}}};
  const OodResult ood{"fashion_mnist", "test", 7, {{"mnist", mnist}, {"emnist", {"not installed"}}}};
  write_result("ood", ood.to_json(), config_);
  const RunResults run = read_run_results(folder_);
  EXPECT_EQ(run.model, "cebmm");
  EXPECT_EQ(run.data, "fashion_mnist");
  ASSERT_EQ(run.few_labels.size(), 3U);
  EXPECT_EQ(run.few_labels[0].accuracy, 0.5);
  EXPECT_EQ(run.few_labels[1].labels, "full");
  ASSERT_EQ(run.ood.size(), 1U);
  EXPECT_EQ(run.ood[0].auroc, 0.1);
  EXPECT_EQ(run.ood[0].aupr, 0.2);
  EXPECT_EQ(run.ood[0].fpr95, 0.3);
  EXPECT_THAT(run.notes, testing::ElementsAre(HasSubstr("emnist")));
}

TEST_F(RunResultsTest, OfAnEarlierCheckpointAreShownWithANote) {
  const auto with_step = [&](std::uint64_t step) {
    const nlohmann::json provenance{{"config_sha256", sha256(config_)}, {"step", step}};
    std::filesystem::create_directories(folder_ / "eval/few-shot");
    write("eval/few-shot/result.json",
          nlohmann::json{
              {"evaluator", "few-shot"}, {"options", ""}, {"provenance", provenance}, {"result", few_shot(0.5)}}
              .dump());
    return read_run_results(folder_);
  };
  save(4, config_);
  EXPECT_THAT(with_step(4).notes, testing::Not(testing::Contains(HasSubstr("few-shot"))));
  const RunResults earlier = with_step(2);
  EXPECT_THAT(earlier.notes, testing::Contains(testing::AllOf(HasSubstr("few-shot: the result is of step 2"),
                                                              HasSubstr("of step 4"))));
  EXPECT_EQ(earlier.few_labels.size(), 3U);
}

TEST_F(RunResultsTest, AreOfTheNewestCheckpointsConfigurationWhateverTheRunIsResumedWith) {
  const std::string more_steps = config_ + "# more steps\n";
  save(4, config_);
  write("config.yaml", more_steps);  // as a resumed training does before its first checkpoint
  write_result("few-shot", few_shot(0.5), config_);
  EXPECT_EQ(read_run_results(folder_).few_labels.size(), 3U);
  save(5, more_steps);
  const RunResults outdated = read_run_results(folder_);
  EXPECT_TRUE(outdated.few_labels.empty());
  EXPECT_THAT(outdated.notes, testing::Contains(HasSubstr("earlier configuration")));
  write_result("few-shot", few_shot(0.5), more_steps);
  EXPECT_EQ(read_run_results(folder_).few_labels.size(), 3U);
}

TEST_F(RunResultsTest, StandardisedCodesAreRowsOfTheirOwn) {
  FewShotResult result{{1}, 2, {{"latent", {{{1, {.mean = 0.5}}}, 0.8}}}};
  result.standardised = {{"latent", {{{1, {.mean = 0.6}}}, 0.9}}, {"pixels", {{{1, {.mean = 0.4}}}, {}}}};
  write_result("few-shot", result.to_json(), config_);
  const ResultTable table = few_label_table({read_run_results(folder_)});
  ASSERT_NE(find_row(table, "CEBMM"), nullptr);
  ASSERT_NE(find_row(table, "CEBMM, standardised"), nullptr);
  EXPECT_DOUBLE_EQ(find_row(table, "CEBMM, standardised")->cells[0].mean(), 60.0);
  ASSERT_NE(find_row(table, "Raw pixels, standardised"), nullptr);
}

TEST_F(RunResultsTest, RowsOfAnotherPenaltyThanThePapersSaySo) {
  FewShotResult result{{1}, 2, {{"latent", {{{1, {.mean = 0.5}}}, {}}}, {"pixels", {{{1, {.mean = 0.4}}}, {}}}}};
  result.cost = 0.1;
  write_result("few-shot", result.to_json(), config_);
  const ResultTable table = few_label_table({read_run_results(folder_)});
  ASSERT_NE(find_row(table, "CEBMM"), nullptr);
  EXPECT_TRUE(find_row(table, "CEBMM")->cells[0].ours.empty());
  ASSERT_NE(find_row(table, "CEBMM, C = 0.1"), nullptr);
  EXPECT_FALSE(find_row(table, "CEBMM, C = 0.1")->cells[0].paper.has_value());
  ASSERT_NE(find_row(table, "Raw pixels, C = 0.1"), nullptr);
}

TEST_F(RunResultsTest, NeighboursAndSamplesAreTablesWhereTheyWereEvaluated) {
  EXPECT_TRUE(nearest_table({read_run_results(folder_)}).rows.empty());
  EXPECT_TRUE(samples_tables({read_run_results(folder_)}).empty());
  write_result("confusion",
               {{"k", 1},
                {"classes", {"a", "b"}},
                {"spaces",
                 {{"latent", {{"accuracy", 0.75}, {"matrix", {{1, 1}, {0, 2}}}}},
                  {"pixels", {{"accuracy", 0.5}, {"matrix", {{1, 1}, {1, 1}}}}}}}},
               config_);
  SamplesResult samples{.data = "fashion_mnist", .test_images = 10, .features = "pca"};
  const SampleQuality good{
      .frechet = 2.0, .kernel = {}, .precision = 0.9, .recall = 0.6, .density = 1.0, .coverage = 0.8};
  samples.sources = {{"buffer", "", 10, good, good}, {"chains", "", 10, good, good}};
  write_result("samples", samples.to_json(), config_);
  const RunResults run = read_run_results(folder_);
  const ResultTable nearest = nearest_table({run});
  EXPECT_DOUBLE_EQ(find_row(nearest, "CEBMM, latent")->cells.at(0).mean(), 75.0);
  EXPECT_TRUE(find_row(nearest, "Raw pixels")->baseline);
  RunResults better = run;
  better.model = "cebm";
  for (SampleMeasure& value : better.samples) value.value *= 0.5;
  const ResultTable table = samples_tables({run, better}).at(0);
  ASSERT_EQ(table.heads.size(), 8U);
  EXPECT_EQ(table.heads[0], (std::vector<std::string>{"Fashion-MNIST", "buffer", "frechet"}));
  EXPECT_DOUBLE_EQ(find_row(table, "CEBMM")->cells[2].mean(), 60.0);
  EXPECT_TRUE(find_row(table, "CEBM")->cells[0].best) << "the lower distance";
  EXPECT_TRUE(find_row(table, "CEBMM")->cells[2].best) << "the higher recall";
}

TEST_F(RunResultsTest, AResultOfValidationIsNoResultOfTheTestSet) {
  FewShotResult result{{1}, 2, {{"latent", {{{1, {.mean = 0.5}}}, 0.8}}}};
  result.validation = 10;
  write_result("few-shot", result.to_json(), config_);
  const RunResults run = read_run_results(folder_);
  EXPECT_TRUE(run.few_labels.empty());
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("10 training images (validation)")));
}

TEST_F(RunResultsTest, SamplesComparedWithImagesOfValidationAreInNoTable) {
  SamplesResult samples{.data = "fashion_mnist", .test_images = 10, .features = "pca"};
  samples.sources = {{"buffer", "", 10, {}, {}}};
  samples.validation = 10;
  write_result("samples", samples.to_json(), config_);
  const RunResults run = read_run_results(folder_);
  EXPECT_TRUE(samples_tables({run}).empty());
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("samples: the result is of 10 training images (validation)")));
}

TEST_F(RunResultsTest, RunsThatDifferInTheirSeedAloneHaveTheSameConfiguration) {
  const std::string first = read_run_results(folder_).configuration;
  write_run(2);
  EXPECT_EQ(read_run_results(folder_).configuration, first);
  RunConfig config(catalog_);
  read_options(parse_config("{data: fashion_mnist, model: cebmm, train: {steps: 7}}"), config);
  write("config.yaml", dump_options(config));
  EXPECT_NE(read_run_results(folder_).configuration, first);
}

TEST_F(RunResultsTest, ARunOfComponentsThatThisProgramDoesNotHaveIsLaidOut) {
  config_ =
      "data: {name: their_set, limit: 10}\nmodel: {name: their_model, bias: {name: their_bias, p: [1, {q: 2}]}}\n"
      "train: {seed: 3, their_key: 1}\n";
  write("config.yaml", config_);
  write_result("few-shot", few_shot(0.5), config_);
  const RunResults run = read_run_results(folder_);
  EXPECT_EQ(run.model, "their_model");
  EXPECT_EQ(run.data, "their_set");
  EXPECT_NE(find_row(few_label_table({run}), "their_model"), nullptr);
  write("config.yaml", "train: {their_key: 1, seed: 4}\n" + config_.substr(0, config_.find("train")));
  EXPECT_EQ(read_run_results(folder_).configuration, run.configuration) << "whatever the order of the keys";
}

TEST_F(RunResultsTest, AConfigurationWithoutAModelIsAnError) {
  const std::string file = write("config.yaml", "data: mnist\n").string();
  EXPECT_EQ(message_of<ConfigError>([&] { read_run_results(folder_); }), file + ": model: expected a name, found none");
}

TEST_F(RunResultsTest, AResultOfAnEarlierConfigurationIsMissing) {
  write_result("few-shot", few_shot(0.5), "train: {steps: 1}");
  const RunResults run = read_run_results(folder_);
  EXPECT_TRUE(run.few_labels.empty());
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("earlier configuration")));
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("ood: no result")));
}

TEST_F(RunResultsTest, ADamagedFileIsOneErrorThatNamesIt) {
  const std::string file = (folder_ / "eval/few-shot/result.json").string();
  const auto message = [&] { return message_of<DataError>([&] { read_run_results(folder_); }); };
  write_result("few-shot", few_shot(0.5), config_);
  write("eval/few-shot/result.json", contents(file).substr(0, 40));
  EXPECT_THAT(message(), HasSubstr(file));
  write_result("few-shot", few_shot(1.5), config_);
  EXPECT_THAT(message(), testing::AllOf(HasSubstr(file), HasSubstr("1.5")));
  write_result("few-shot", {{"shots", {1}}, {"spaces", {{"latent", {{"1", 3}}}}}}, config_);
  EXPECT_THAT(message(), HasSubstr(file));
  write_result("few-shot", {{"shots", {1}}, {"draws", 2}, {"spaces", "none"}}, config_);
  EXPECT_EQ(message(), file + ": spaces: expected an object, found \"none\"");
}

TEST_F(RunResultsTest, AFolderWithoutAConfigurationIsNoRun) {
  EXPECT_THAT(message_of<CheckpointError>([&] { read_run_results(folder_ / "absent"); }), HasSubstr("absent"));
}

}  // namespace
}  // namespace cebm
