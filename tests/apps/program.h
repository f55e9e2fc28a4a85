// Runs the real programs on a small data set of the test's own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/idx_files.h"

namespace cebm {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

/// A folder with 40 + 20 images of 28 x 28 in IDX files under data/mnist and a configuration tiny.yaml that trains a
/// small CEBM on them in a second.
class ProgramTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    std::filesystem::create_directories(folder_ / "data/mnist");
    write_set("train", 40);
    write_set("t10k", 20);
    write("tiny.yaml", R"(data: mnist
model:
  name: cebm
  latent_dim: 4
  encoder: {name: cnn, channels: [4, 8], kernels: [3, 4], strides: [1, 2], paddings: [1, 1]}
objective: {name: pcd, energy_l2: 0.01}
sampler: {name: sgld, steps: 3, alpha: 0.1, noise: fixed, noise_std: 0.01}
buffer: {size: 30}
train: {steps: 4, batch_size: 8, log_every: 1, sample_every: 2, sample_count: 6}
checkpoint: {every: 2}
)");
  }

  std::string data_variable_;  ///< CEBM_DATA of the programs

  /// Runs "<program> <arguments>" in the test's folder through the shell, after `before` ("ulimit -f 1;"), with a cache
  /// of its own in .cache/.
  Outcome run(const std::string& program_and_arguments, const std::string& before = "") const {
    const auto out = folder_ / "stdout.txt";
    const auto err = folder_ / "stderr.txt";
    const std::string command = "cd '" + folder_.string() + "' && export XDG_CACHE_HOME=\"$PWD/.cache\"; " + before +
                                " CEBM_DATA='" + data_variable_ + "' '" CEBM_BIN_DIR "/" +
                                std::string(program_and_arguments).insert(program_and_arguments.find(' '), "'") +
                                " >'" + out.string() + "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(out), contents(err)};
  }

  Outcome train(const std::string& arguments = "") const {
    return run("cebm-train --config tiny.yaml --data-root data --out run " + arguments);
  }

  /// Whether whoever runs the tests keeps the set in the source tree, where the programs find it too.
  static bool tree_has(const std::string& set) { return std::filesystem::exists(CEBM_DOCS_DIR "/../data/" + set); }

  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  /// Files whose name marks them as unfinished, anywhere in the folder.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (name.find("tmp") != std::string::npos) found.push_back(entry.path().string());
    }
    return found;
  }

 private:
  void write_set(const std::string& prefix, std::uint32_t count) const {
    std::string images = idx_header({count, 28, 28});
    std::string labels = idx_header({count});
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint32_t p = 0; p < 784; ++p) images += static_cast<char>((p * (i % 10 + 1) * 7 + i) % 256);
      labels += static_cast<char>(i % 10);
    }
    write("data/mnist/" + prefix + "-images-idx3-ubyte", images);
    write("data/mnist/" + prefix + "-labels-idx1-ubyte.gz", gz(labels));
  }
};

}  // namespace cebm
