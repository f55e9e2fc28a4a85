#include <cebm/image_io.h>
#include <gmock/gmock.h>

#include <charconv>
#include <sstream>

#include "eval/evaluator_test.h"
#include "eval/evaluators/image_table.h"

namespace cebm {
namespace {

class ScoresTable : public EvaluatorTest {
 protected:
  /// Cells of scores.csv, its header first.
  std::vector<std::vector<std::string>> table() const {
    std::istringstream text(contents(folder_ / "scores/scores.csv"));
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(text, line);) {
      std::istringstream cells(line);
      rows.emplace_back();
      for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
    }
    return rows;
  }
};

float as_float(const std::string& cell) {
  float value = 0.0F;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

TEST_F(ScoresTable, TheTableHoldsNumbersAndShortVectorsAndTheArraysEverything) {
  const nlohmann::json result = result_of("scores", "{columns: [label, pixels, latent, energy], csv_width: 16}");
  EXPECT_EQ(result.at("images"), 24);
  EXPECT_TRUE(result.at("energy").contains("std"));
  for (const auto& [name, shape] :
       std::map<std::string, std::vector<std::int64_t>>{{"label", {24}}, {"pixels", {24, 120}}, {"latent", {24, 3}}}) {
    EXPECT_EQ(read_npy(folder_ / "scores" / (name + ".npy")).sizes(), shape) << name;
  }
  const auto rows = table();
  EXPECT_EQ(rows.at(0), (std::vector<std::string>{"image", "label", "latent_0", "latent_1", "latent_2", "energy"}));
  ASSERT_EQ(rows.size(), 25U);
  const torch::Tensor latent = read_npy(folder_ / "scores/latent.npy");
  const torch::Tensor label = read_npy(folder_ / "scores/label.npy");
  const torch::Tensor energy = read_npy(folder_ / "scores/energy.npy");
  for (std::int64_t i = 0; i < 24; ++i) {
    const auto& row = rows.at(static_cast<std::size_t>(i) + 1);
    EXPECT_EQ(row.at(0), std::to_string(i));
    EXPECT_EQ(row.at(1), std::to_string(label[i].item<std::int64_t>()));
    for (std::int64_t d = 0; d < 3; ++d) EXPECT_EQ(as_float(row.at(2 + d)), latent[i][d].item<float>());
    EXPECT_EQ(as_float(row.at(5)), energy[i].item<float>()) << "every digit that it takes";
  }
}

TEST_F(ScoresTable, TheTablesWidthIsAnOption) {
  result_of("scores", "{columns: [pixels, latent], csv_width: 1000}");
  EXPECT_EQ(table().at(0).size(), 1U + 120 + 3);
  result_of("scores", "{columns: [pixels, latent], csv_width: 2}");
  EXPECT_EQ(table().at(0), std::vector<std::string>{"image"}) << "not what an earlier call wrote";
}

TEST_F(ScoresTable, AnUnknownColumnIsNamedWithItsOption) {
  const std::string message = message_of<ConfigError>([&] { build("scores", "columns: [label, latnt]"); });
  EXPECT_THAT(message, testing::StartsWith("config:1: columns[1]: expected one of label, pixels, latent, "));
  EXPECT_THAT(message, testing::EndsWith("found 'latnt'; did you mean 'latent'?"));
  EXPECT_THAT(message_of<ConfigError>([&] { build("confusion", "spaces: latnt"); }),
              testing::StartsWith("config:1: spaces[0]: expected one of pixels, latent, "));
}

TEST_F(ScoresTable, NumbersReadBackTheSame) {
  const torch::Tensor values = torch::tensor({0.1F, -1e-30F, 1e30F, 3.4028235e38F, 1.0F / 3.0F, 0.0F});
  write_image_table(folder_ / "t.csv", {{"v", values}});
  std::istringstream text(contents(folder_ / "t.csv"));
  std::string line;
  std::getline(text, line);
  EXPECT_EQ(line, "image,v");
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    std::getline(text, line);
    EXPECT_EQ(as_float(line.substr(line.find(',') + 1)), values[i].item<float>()) << line;
  }
  EXPECT_EQ(contents(folder_ / "t.csv").substr(0, 14), "image,v\n0,0.1\n");
}

}  // namespace
}  // namespace cebm
