// Results of runs and their tables, for tests.
#pragma once

#include <cebm/catalog.h>
#include <cebm/checkpoint.h>
#include <cebm/few_shot_result.h>
#include <cebm/files.h>
#include <cebm/run.h>
#include <cebm/tables.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/folder_test.h"

namespace cebm {

inline RunResults run_of(const std::string& model, const std::string& data, const std::string& configuration = "a") {
  return {"runs/" + model + configuration, model, data, model + data + configuration, {}, {}, {}};
}

inline const TableRow* find_row(const ResultTable& table, const std::string& name) {
  for (const TableRow& row : table.rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

/// The cell of a row in the column with these heads.
inline TableCell cell(const ResultTable& table, const std::string& row, const std::vector<std::string>& heads) {
  const TableRow* const found = find_row(table, row);
  EXPECT_NE(found, nullptr) << row;
  for (std::size_t c = 0; found != nullptr && c < table.heads.size(); ++c) {
    if (table.heads[c] == heads) return found->cells.at(c);
  }
  ADD_FAILURE() << "no column " << heads.front() << " " << heads.back();
  return {};
}

class RunResultsTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    write_run(1);
  }
  /// A run without weights, of a resolved configuration.
  void write_run(int seed) const {
    RunConfig config(catalog_);
    read_options(parse_config("{data: fashion_mnist, model: cebmm, train: {seed: " + std::to_string(seed) + "}}"),
                 config);
    config_ = dump_options(config);
    write("config.yaml", config_);
  }
  void write_result(const std::string& evaluator, const nlohmann::json& result, const std::string& config) const {
    std::filesystem::create_directories(folder_ / "eval" / evaluator);
    write("eval/" + evaluator + "/result.json", nlohmann::json{{"evaluator", evaluator},
                                                               {"options", ""},
                                                               {"provenance", {{"config_sha256", sha256(config)}}},
                                                               {"result", result}}
                                                    .dump());
  }
  void save(std::uint64_t step, const std::string& config) const {
    Checkpoint checkpoint;
    checkpoint.step = step;
    checkpoint.config = config;
    save_checkpoint(folder_ / "checkpoints", checkpoint);
  }
  static nlohmann::json few_shot(double accuracy) {
    return FewShotResult{{1}, 2, {{"latent", {{{1, {.mean = accuracy}}}, 0.8}}, {"pixels", {{{1, {.mean = 0.4}}}, {}}}}}
        .to_json();
  }
  const Catalog catalog_;
  mutable std::string config_;
};

}  // namespace cebm
