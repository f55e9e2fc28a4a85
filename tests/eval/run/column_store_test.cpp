#include "eval/run/column_store.h"

#include <cebm/files.h>
#include <cebm/image_io.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "contract/rows.h"
#include "support/folder_test.h"
#include "support/numeric.h"

namespace cebm {
namespace {

class ColumnStoreTest : public FolderTest {
 protected:
  ColumnStore open(const nlohmann::json& source = "these weights, this set") const { return {folder_ / "set", source}; }
  /// Rows first .. first + count - 1 of the latent column from a model with these weights.
  torch::Tensor latent(ColumnStore& store, const Model& model, std::int64_t first, std::int64_t count) const {
    ColumnSource source(const_cast<Model&>(model));
    return store.rows("latent", source, images_.narrow(0, first, count), first);
  }

  const torch::Tensor images_ = test_images(20);
  const std::shared_ptr<Model> model_ = example_model("cebm");
  const std::shared_ptr<Model> other_ = example_model("cebm", {1, 12, 10}, 2);
};

TEST_F(ColumnStoreTest, KeepsWhatWasComputed) {
  torch::Tensor expected;
  {
    ColumnStore store = open();
    expected = torch::cat({latent(store, *model_, 0, 8), latent(store, *model_, 8, 12)});
    store.flush();
  }
  ColumnStore again = open();
  // Another model stands in for "not computed": what comes back is what was kept.
  EXPECT_TRUE(latent(again, *other_, 0, 20).equal(expected));
  EXPECT_TRUE(latent(again, *other_, 3, 5).equal(expected.narrow(0, 3, 5)));
}

TEST_F(ColumnStoreTest, GoesOnAfterTheRowsThatWereKept) {
  torch::Tensor head;
  {
    ColumnStore store = open();
    head = latent(store, *model_, 0, 8);
    store.flush();
  }
  ColumnStore again = open();
  EXPECT_TRUE(latent(again, *other_, 0, 8).equal(head));
  const torch::Tensor tail = latent(again, *other_, 5, 15);  // a batch that begins before the kept rows end
  EXPECT_FALSE(tail.narrow(0, 0, 3).equal(head.narrow(0, 5, 3)));
  again.flush();
  ColumnStore third = open();
  EXPECT_TRUE(latent(third, *model_, 0, 20).equal(torch::cat({head, tail.narrow(0, 3, 12)})));
}

TEST_F(ColumnStoreTest, ForgetsWhatIsOfOtherWeightsOrData) {
  {
    ColumnStore store = open();
    latent(store, *model_, 0, 20);
    store.flush();
  }
  ColumnStore changed = open("other weights");
  EXPECT_FALSE(latent(changed, *other_, 0, 20).equal(latent(changed = open(), *other_, 0, 20)));
}

TEST_F(ColumnStoreTest, ComputesDamagedColumnsAnew) {
  torch::Tensor expected;
  {
    ColumnStore store = open();
    expected = latent(store, *model_, 0, 20);
    store.flush();
  }
  const auto file = folder_ / "set/latent.npy";
  const std::string good = contents(file);
  for (const std::size_t at : {std::size_t{1}, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write("set/latent.npy", bad);
    ColumnStore store = open();
    EXPECT_FALSE(latent(store, *other_, 0, 20).equal(expected)) << at;
  }
  write("set/latent.npy", good);
  write("set/columns.json", "{\"source\": ");
  ColumnStore store = open();
  EXPECT_FALSE(latent(store, *other_, 0, 20).equal(expected));
}

TEST_F(ColumnStoreTest, AFileThatWasNotWrittenAnewKeepsItsChecksum) {
  {
    ColumnStore store = open();
    const torch::Tensor expected = latent(store, *model_, 0, 20);
    store.flush();
    // Damage between two writings of the index must not be taken for what was computed.
    std::string bad = contents(folder_ / "set/latent.npy");
    bad.back() = static_cast<char>(bad.back() ^ 1);
    write("set/latent.npy", bad);
    ColumnSource source(*model_);
    store.rows("energy", source, images_, 0);
    store.flush();
    EXPECT_TRUE(latent(store, *other_, 0, 20).equal(expected));
  }
  ColumnStore again = open();
  EXPECT_LT(relative_error(latent(again, *other_, 0, 20), other_->latent(images_)), 1e-5) << "computed anew";
}

/// Puts copies of some files in place of another one, over and over, as other processes would.
class Rival {
 public:
  Rival(const std::filesystem::path& target, const std::vector<std::filesystem::path>& files)
      : thread_([this, target, files] {
          const std::filesystem::path copy = target.string() + ".copy";
          for (std::size_t i = 0; !stop_; ++i) {
            std::filesystem::copy_file(files[i % files.size()], copy);
            std::filesystem::rename(copy, target);
          }
        }) {}
  ~Rival() {
    stop_ = true;
    thread_.join();
  }
  Rival(const Rival&) = delete;
  Rival& operator=(const Rival&) = delete;

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_F(ColumnStoreTest, AChecksumIsOfWhatWasComputedWhateverAnotherProcessPutsThere) {
  std::filesystem::create_directories(folder_ / "set");
  write_npy(folder_ / "others.npy", torch::full({20, 3}, 7.0));
  const Rival rival(folder_ / "set/latent.npy", {folder_ / "others.npy"});
  for (int i = 0; i < 10; ++i) {
    ColumnStore store = open(i);
    write_npy(folder_ / "mine.npy", latent(store, *model_, 0, 20));
    store.flush();
    const auto index = nlohmann::json::parse(contents(folder_ / "set/columns.json"));
    ASSERT_EQ(index.at("columns").at("latent").at("sha256"), sha256_of_file(folder_ / "mine.npy"));
  }
}

TEST_F(ColumnStoreTest, WhatIsReadIsWhatWasChecked) {
  torch::Tensor expected;
  {
    ColumnStore store = open();
    expected = latent(store, *model_, 0, 20);
    store.flush();
  }
  write_npy(folder_ / "mine.npy", expected);
  write_npy(folder_ / "others.npy", torch::full_like(expected, 7.0));
  const Rival rival(folder_ / "set/latent.npy", {folder_ / "mine.npy", folder_ / "others.npy"});
  for (int i = 0; i < 300; ++i) {
    ColumnStore store = open();
    const torch::Tensor found = latent(store, *other_, 0, 20);
    ASSERT_NE(found[0][0].item<float>(), 7.0F) << "another's numbers under the checksum of mine";
  }
}

TEST_F(ColumnStoreTest, WithoutAFolderWritesNothing) {
  ColumnStore store("", "x");
  latent(store, *model_, 0, 20);
  store.flush();
  EXPECT_TRUE(names_in(folder_).empty());
}

}  // namespace
}  // namespace cebm
