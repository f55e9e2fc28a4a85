#include <cebm/machine.h>

#include "apps/program.h"

namespace cebm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Version : public ProgramTest {};

TEST_F(Version, OfEveryProgramNamesWhatItIsMadeOfAndTheMachine) {
  for (const std::string program : {"cebm-train", "cebm-sample", "cebm-eval", "cebm-data", "cebm-bench"}) {
    if (!std::filesystem::exists(std::string(CEBM_BIN_DIR) + "/" + program)) continue;  // benchmarks may be left out
    const Outcome outcome = run(program + " --version");
    EXPECT_EQ(outcome.code, 0) << program << outcome.err;
    EXPECT_THAT(outcome.out, StartsWith(program + " " + version())) << program;
    for (const std::string& part :
         {std::string("LibTorch "), std::string("CUDA"), instruction_set(), processor_name(), std::string(" thread")}) {
      EXPECT_THAT(outcome.out, HasSubstr(part)) << program;
    }
    EXPECT_EQ(outcome.err, "") << program;
  }
}

TEST_F(Version, CountsTheThreadsThatAProgramWouldTake) {
  EXPECT_THAT(run("cebm-train --version", "OMP_NUM_THREADS=3").out, HasSubstr(", 3 threads"));
}

TEST_F(Version, TheFlagWinsOverTheVariable) {
  const Outcome outcome =
      run("cebm-train --config tiny.yaml --data-root data --out run --threads 1", "OMP_NUM_THREADS=2");
  EXPECT_THAT(outcome.err, HasSubstr("CPU, 1 thread\n"));
  const Outcome other = run("cebm-train --config tiny.yaml --data-root data --out other", "OMP_NUM_THREADS=2");
  EXPECT_THAT(other.err, HasSubstr("CPU, 2 threads\n"));
}

}  // namespace
}  // namespace cebm
