#include "eval/evaluators/neighbors.h"

#include <cebm/catalog.h>
#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/image_io.h>
#include <cebm/nearest.h>
#include <cebm/trainer.h>
#include <gtest/gtest.h>

#include <sstream>

#include "contract/rows.h"
#include "contract/stripes.h"
#include "eval/evaluators/other_run_codes.h"
#include "eval/evaluators/shown.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

std::vector<std::vector<std::string>> rows_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

class NeighborsTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    catalog_.datasets.add(stripes());
  }

  /// A run of one step on stripes.
  OpenedRun trained(const std::string& name, const std::string& model, int seed = 1) {
    std::filesystem::remove_all(folder_ / name);
    const bool vae = model == "vae";
    RunConfig config(catalog_);
    read_options(
        parse_config("{data: stripes, model: {name: " + model + ", " + catalog_.models.find(model).example.substr(1) +
                     (vae ? ", objective: elbo" : ", sampler: {steps: 1}, buffer: {size: 8}") +
                     ", train: {steps: 1, batch_size: 4, seed: " + std::to_string(seed) + "}}"),
        config);
    train(config, {.directory = folder_ / name, .data = {}});
    return open_run(folder_ / name, catalog_, torch::kCPU);
  }

  std::shared_ptr<Evaluator> make(const std::shared_ptr<Model>& model, const std::vector<std::string>& runs = {},
                                  std::uint64_t seed = 1) const {
    NeighborsOptions options(catalog_);
    options.queries = 3;
    options.k = 2;
    options.spaces = {"latent"};
    options.runs = runs;
    return make_neighbors(options, EvaluatorContext{model, seed, {}});
  }

  nlohmann::json evaluate_with(const OpenedRun& run, const std::shared_ptr<Evaluator>& evaluator) const {
    return evaluate(run, catalog_, {{"neighbors", evaluator, "", folder_ / "out"}}, {}).results.at(0);
  }

  Catalog catalog_;
};

TEST_F(NeighborsTest, TableAndAgreementAreThoseOfTheNearestTrainingImages) {
  const torch::Tensor train_codes = on_a_line({0.0F, 1.0F, 2.0F, 10.0F, 11.0F, 12.5F});
  const torch::Tensor test_codes = on_a_line({0.9F, 10.9F, 11.9F});
  const auto evaluator = make(example_model("cebm"));
  show(*evaluator, 0, labelled_set({0, 1, 0, 1, 1, 1}, {"a", "b"}, "train"), {{"latent", train_codes}});
  show(*evaluator, 1, labelled_set({0, 1, 0}, {"a", "b"}, "test"), {{"latent", test_codes}});
  const nlohmann::json result = evaluator->finish(folder_);
  // Of the first query one of two agrees, of the second both, of the third none.
  EXPECT_EQ(result, (nlohmann::json{{"queries", 3}, {"k", 2}, {"spaces", {{"latent", {{"label_agreement", 0.5}}}}}}));
  std::vector<std::string> lines;
  std::istringstream table(contents(folder_ / "neighbors.csv"));
  for (std::string line; std::getline(table, line);) lines.push_back(line);
  EXPECT_EQ(lines.front(), "space,query,rank,neighbor,distance,query_label,neighbor_label");
  std::sort(lines.begin() + 1, lines.end());
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[1].substr(0, 17), "latent,0,1,1,0.10");
  EXPECT_EQ(lines[1].substr(lines[1].size() - 4), ",0,1");
  EXPECT_EQ(lines[2].substr(0, 13), "latent,0,2,0,");
  EXPECT_EQ(lines[3].substr(0, 13), "latent,1,1,4,");
  EXPECT_EQ(lines[4].substr(0, 13), "latent,1,2,3,");
  EXPECT_EQ(lines[5].substr(0, 13), "latent,2,1,5,");
  EXPECT_EQ(lines[6].substr(0, 13), "latent,2,2,4,");
  EXPECT_NE(contents(folder_ / "neighbors.svg").find("<image "), std::string::npos);
}

TEST_F(NeighborsTest, QueriesAreDrawnByTheSeed) {
  const auto queries = [&](std::uint64_t seed) {
    const auto evaluator = make(example_model("cebm"), {}, seed);
    const Dataset data = labelled_set(std::vector<std::int64_t>(60, 0), {"a"}, "train");
    const torch::Tensor codes = torch::arange(60, torch::kFloat).unsqueeze(1);
    show(*evaluator, 0, data, {{"latent", codes}});
    show(*evaluator, 1, data, {{"latent", codes}});
    evaluator->finish(folder_);
    std::vector<std::string> drawn;
    for (const auto& row : rows_of(contents(folder_ / "neighbors.csv"))) drawn.push_back(row.at(1));
    return drawn;
  };
  EXPECT_EQ(queries(1), queries(1));
  EXPECT_NE(queries(1), queries(2));
}

TEST_F(NeighborsTest, OtherRunsSeeTheImagesInTheirOwnRange) {
  const OpenedRun own = trained("own", "cebm");
  const OpenedRun other = trained("other", "vae");
  ASSERT_NE(own.model->pixel_range(), other.model->pixel_range());
  const nlohmann::json result =
      evaluate_with(own, make(own.model, {(folder_ / "other/").string()})).at("result").at("spaces");
  EXPECT_TRUE(result.contains("latent"));
  EXPECT_TRUE(result.contains("other/latent"));

  const auto data = make_stripes({}, DataContext{});
  ColumnSource source(*other.model);
  const torch::Tensor codes =
      compute_column(find_column("latent"), source, to_float(data->images, other.model->pixel_range()), 0);
  int seen = 0;
  for (const auto& row : rows_of(contents(folder_ / "out/neighbors.csv"))) {
    if (row.front() != "other/latent") continue;
    const Neighbors expected = nearest_neighbors(codes, codes.narrow(0, std::stoll(row.at(1)), 1), 2);
    const std::int64_t rank = std::stoll(row.at(2)) - 1;
    EXPECT_EQ(std::stoll(row.at(3)), expected.index[0][rank].item<std::int64_t>());
    EXPECT_NEAR(std::stod(row.at(4)), std::sqrt(expected.squared_distance[0][rank].item<double>()), 1e-7);
    ++seen;
  }
  EXPECT_EQ(seen, 6);
}

TEST_F(NeighborsTest, CodesThatAnEvaluationOfTheOtherRunKeptAreUsed) {
  const OpenedRun run = trained("other", "cebm");
  const auto scores = build_example(catalog_.evaluators, "scores", EvaluatorContext{run.model, 1, {}});
  const auto columns = folder_ / "other/eval/columns";
  evaluate(run, catalog_, {{"scores", scores, "", folder_ / "scores"}}, {.columns = columns});

  const auto codes = columns / "stripes_test/latent.npy";
  const torch::Tensor marked = torch::full_like(read_npy(codes), 3.0);
  write_npy(codes, marked);
  auto index = nlohmann::json::parse(contents(columns / "stripes_test/columns.json"));
  index["columns"]["latent"]["sha256"] = sha256_of_file(codes);
  write("other/eval/columns/stripes_test/columns.json", index.dump());

  OtherRunCodes other(folder_ / "other", catalog_, run.model->image_shape(), {});
  other.begin(*make_stripes({}, DataContext{{}, "test"}));
  EXPECT_TRUE(other.latent(0, 24, torch::kCPU).equal(marked));
  other.begin(*make_stripes({}, DataContext{{}, "train"}));
  EXPECT_FALSE(other.latent(0, 24, torch::kCPU).equal(marked)) << "the other split's were not kept";
}

TEST_F(NeighborsTest, ADamagedCheckpointOfAnotherRunIsNotSkippedInSilence) {
  const OpenedRun own = trained("own", "cebm");
  const OpenedRun whole = trained("other", "cebm", 2);
  Checkpoint newer = whole.checkpoint;
  newer.step = 2;
  write(save_checkpoint(folder_ / "other/checkpoints", newer).lexically_relative(folder_).string() + "/state.json",
        "{");
  NeighborsOptions options(catalog_);
  options.runs = {(folder_ / "other").string()};
  std::vector<std::string> said;
  const auto say = [&](const std::string& text) { said.push_back(text); };
  make_neighbors(options, EvaluatorContext{.model = own.model, .own = {}, .message = say});
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].find("warning: skipped checkpoint " + (folder_ / "other/checkpoints/step_000000002").string()), 0U)
      << said[0];
}

TEST_F(NeighborsTest, AreFoundAnewWhenAnotherRunHasGoneOn) {
  const OpenedRun own = trained("own", "cebm");
  trained("other", "cebm", 2);
  const std::string other = (folder_ / "other").string();
  const nlohmann::json first = evaluate_with(own, make(own.model, {other}));
  EXPECT_TRUE(first.at("provenance").at("runs").contains("other/latent"));
  EXPECT_EQ(evaluate_with(own, make(own.model, {other})), first);
  trained("other", "cebm", 3);
  EXPECT_NE(evaluate_with(own, make(own.model, {other})).at("provenance"), first.at("provenance"));
}

TEST_F(NeighborsTest, RunsThatDoNotFitAreRefused) {
  trained("other", "cebm");
  const std::string other = (folder_ / "other").string();
  const std::string shape = message_of<ConfigError>([&] { make(example_model("cebm", {3, 16, 16}), {other}); });
  EXPECT_NE(shape.find("other"), std::string::npos);
  EXPECT_NE(shape.find("3x16x16"), std::string::npos);
  EXPECT_NE(message_of<ConfigError>([&] {
              make(example_model("cebm"), {other, other + "/"});
            }).find("rename"),
            std::string::npos);
  EXPECT_THROW(make(example_model("cebm"), {"no/such/run"}), CheckpointError);
}

TEST_F(NeighborsTest, TooFewImagesAreRefused) {
  const auto evaluator = make(example_model("cebm"));
  EXPECT_NE(message_of<DataError>([&] { evaluator->begin(0, labelled_set({0}, {"a"}, "train")); }).find("at least 2"),
            std::string::npos);
  EXPECT_NE(message_of<DataError>([&] {
              evaluator->begin(1, labelled_set({0, 0}, {"a"}, "test"));
            }).find("at least 3"),
            std::string::npos);
}

}  // namespace
}  // namespace cebm
