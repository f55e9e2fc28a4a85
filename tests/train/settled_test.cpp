// What a configuration leaves to the machine is settled when a run begins, and not again.
#include <cebm/engine.h>

#include "support/small_training.h"

namespace cebm {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Settled : public SmallTraining {
 protected:
  std::string recorded(const std::string& directory) const { return contents(folder_ / directory / "config.yaml"); }

  const std::vector<std::string> auto_{"train.steps=3", "sampler.precision=auto"};
};

TEST_F(Settled, ANewRunRecordsWhatAutoWasFoundToBe) {
  run("cebm", "run", auto_, {});
  EXPECT_THAT(recorded("run"), AnyOf(HasSubstr("precision: float32"), HasSubstr("precision: bfloat16")));
  EXPECT_THAT(messages_, HasSubstr("sampler.precision: auto is "));
}

TEST_F(Settled, AResumedRunKeepsItsPrecisionWhateverIsFasterNow) {
  for (const std::string precision : {"float32", "bfloat16"}) {
    run("cebm", precision, {"train.steps=3", "sampler.precision=" + precision}, {.stop_after = 2});
    run("cebm", precision, auto_, {.resume = true});
    EXPECT_THAT(recorded(precision), HasSubstr("precision: " + precision));
    EXPECT_THAT(messages_, Not(HasSubstr("auto is")));
    run("cebm", precision + "_whole", {"train.steps=3", "sampler.precision=" + precision}, {});
    expect_equal_runs(precision, precision + "_whole");
  }
}

TEST_F(Settled, AModelWithoutEnergyKernelsIsFloat32) {
  run("cebm", "run",
      {"train.steps=2", "sampler.precision=auto", "model.encoder={name: wide_resnet, depth: 10, width: 1}"}, {});
  EXPECT_THAT(recorded("run"), HasSubstr("precision: float32"));
}

}  // namespace
}  // namespace cebm
