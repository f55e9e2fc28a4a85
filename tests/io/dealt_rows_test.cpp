#include "io/dealt_rows.h"

#include <ATen/ops/arange.h>
#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <gtest/gtest.h>

#include "support/folder_test.h"
#include "support/thread_ranks.h"

namespace cebm {
namespace {

TensorMap rows_of(const torch::Tensor& whole, std::int64_t rank, std::int64_t ranks) {
  return {{"images", whole.slice(0, rank, whole.size(0), ranks).contiguous()}};
}

TEST(DealtRows, GoBackToTheirPlaces) {
  const torch::Tensor whole = torch::arange(14.0).view({7, 2});
  EXPECT_TRUE(
      put_together({rows_of(whole, 0, 3), rows_of(whole, 1, 3), rows_of(whole, 2, 3)}).at("images").equal(whole));
  EXPECT_TRUE(put_together({rows_of(whole, 0, 1)}).at("images").equal(whole));
}

TEST(DealtRows, AreRefusedWhereTheyDoNotFit) {
  const torch::Tensor whole = torch::arange(14.0).view({7, 2});
  const TensorMap first = rows_of(whole, 0, 2);
  EXPECT_THROW(put_together({rows_of(whole, 1, 2), first}), std::invalid_argument);
  EXPECT_THROW(put_together({first, rows_of(whole.view({14, 1}), 1, 2)}), std::invalid_argument);
  EXPECT_THROW(put_together({first, rows_of(whole.to(torch::kLong), 1, 2)}), std::invalid_argument);
  EXPECT_THROW(put_together({first, {}}), std::invalid_argument);
  EXPECT_THROW(put_together({{{"x", torch::tensor(1.0)}}, {{"x", torch::tensor(1.0)}}}), std::invalid_argument);
}

class DealtCheckpoint : public FolderTest {
 protected:
  std::filesystem::path save(const torch::Tensor& whole) const {
    std::filesystem::path saved;
    in_ranks(2, [&](const std::shared_ptr<Ranks>& ranks) {
      Checkpoint checkpoint{.step = 3, .config = "a: 1\n", .parts = {{"objective", {}}}};
      checkpoint.parts["objective"].tensors["born"] = torch::arange(7);
      checkpoint.parts["objective"].dealt = rows_of(whole, ranks->rank(), 2);
      const auto path = save_checkpoint(folder_, checkpoint, *ranks);
      if (ranks->leads()) saved = path;
    });
    return saved;
  }
};

TEST_F(DealtCheckpoint, IsReadWholeByOneProcess) {
  const torch::Tensor whole = torch::arange(14.0).view({7, 2});
  const Checkpoint found = load_checkpoint(save(whole));
  EXPECT_EQ(found.ranks, 2U);
  EXPECT_TRUE(found.part("objective").tensors.at("images").equal(whole));
  EXPECT_TRUE(found.part("objective").tensors.at("born").equal(torch::arange(7)));
}

TEST_F(DealtCheckpoint, IsDamagedWithoutOneRanksPart) {
  const auto folder = save(torch::arange(14.0).view({7, 2}));
  std::filesystem::remove(folder / "objective.rank_1.safetensors");
  EXPECT_THROW(load_checkpoint(folder), CheckpointError);
}

}  // namespace
}  // namespace cebm
