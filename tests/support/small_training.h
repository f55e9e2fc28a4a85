// Trains the small configurations of tests/configs/reliability in a folder of the test's own.
#pragma once

#include <ATen/Parallel.h>
#include <cebm/catalog.h>
#include <cebm/checkpoint.h>
#include <cebm/config.h>
#include <cebm/trainer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "support/folder_test.h"

namespace cebm {

class SmallTraining : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    at::set_num_threads(1);  // there is nothing to share in models of this size
  }

  struct Outcome {
    TrainOutcome code;
    std::string messages;
  };

  /// What a test sets besides the overrides; without `resume` a fresh run.
  struct Plan {
    bool resume = false;
    bool force = false;
    std::uint64_t stop_after = 0;  ///< gradient steps of this call; 0: none
    std::function<void(std::uint64_t step)> on_step = {};
  };

  Outcome run(const std::string& config_name, const std::string& directory, const std::vector<std::string>& overrides,
              const Plan& plan) const {
    const Catalog catalog;
    RunConfig config(catalog);
    read_options(load_config(std::filesystem::path(CEBM_TEST_CONFIGS_DIR) / (config_name + ".yaml"), overrides),
                 config);
    std::uint64_t steps = 0;
    Outcome outcome;
    TrainCallbacks callbacks;
    callbacks.should_stop = [&] { return ++steps == plan.stop_after; };
    callbacks.on_message = [&](const std::string& text) { messages_ += text + "\n"; };
    callbacks.on_step = [&](std::uint64_t step, std::uint64_t) {
      if (plan.on_step) plan.on_step(step);
    };
    messages_.clear();
    TrainPlan where{.directory = folder_ / directory, .data = {}, .resume = plan.resume, .force = plan.force};
    where.data.seed = static_cast<std::uint64_t>(config.train.seed);
    outcome.code = train(config, where, callbacks);
    outcome.messages = messages_;
    return outcome;
  }

  /// Everything in a run's directory but wall-clock times and what is drawn from them: name and content.
  std::vector<std::pair<std::string, std::string>> everything_in(const std::string& directory) const {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / directory)) {
      const std::string name = entry.path().lexically_relative(folder_ / directory).string();
      if (!entry.is_regular_file() || name == "timing.csv" || name == "report.html") continue;
      files.emplace_back(name, contents(entry.path()));
    }
    std::ranges::sort(files);
    return files;
  }

  void expect_equal_runs(const std::string& found, const std::string& expected) const {
    const auto found_files = everything_in(found);
    const auto expected_files = everything_in(expected);
    ASSERT_EQ(names_of(found_files), names_of(expected_files));
    for (std::size_t i = 0; i < found_files.size(); ++i) {
      EXPECT_TRUE(found_files[i].second == expected_files[i].second) << found_files[i].first << " differs";
    }
  }

  /// What the last training said, also where it threw.
  mutable std::string messages_;

 private:
  static std::vector<std::string> names_of(const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return names;
  }
};

}  // namespace cebm
