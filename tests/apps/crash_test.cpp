#include <csignal>

#include "apps/program.h"

namespace cebm {

/// scripts/crash_test.sh with few kills; run by hand it takes as many as there is patience for.
TEST(Crash, TrainingsThatAreKilledAndResumedEndAsOnesThatAreNot) {
  const std::string log = testing::TempDir() + "cebm_crash_" + std::to_string(getpid()) + ".txt";
  std::signal(SIGHUP, SIG_DFL);  // nohup ignores it, and the script would not get it
  const int status =
      std::system(("CEBM_PROGRAMS='" CEBM_BIN_DIR "/..' '" CEBM_ROOT_DIR "/scripts/crash_test.sh' 2 cebmm gmm_vae >'" +
                   log + "' 2>&1")
                      .c_str());
  std::ifstream text(log);
  EXPECT_EQ(status, 0) << std::string(std::istreambuf_iterator<char>(text), {});
  std::filesystem::remove(log);
}

}  // namespace cebm
