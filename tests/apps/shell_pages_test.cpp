// What the programs say of themselves to shells and to man.
#include "apps/program.h"

namespace cebm::shell_pages_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ShellPages : public ProgramTest {
 protected:
  /// Standard output and errors of a command of the shell in the test's folder.
  std::string shell(const std::string& command) const {
    const auto out = folder_ / "shell.txt";
    const int status = std::system(("cd '" + folder_.string() + "' && { " + command + "; } >shell.txt 2>&1").c_str());
    EXPECT_EQ(status, 0) << command << "\n" << contents(out);
    return contents(out);
  }
};

TEST_F(ShellPages, BashOffersFlagsAndSubcommands) {
  for (const std::string program : {"cebm-train", "cebm-sample", "cebm-eval", "cebm-data"}) {
    const Outcome outcome = run(program + " --completion-bash");
    EXPECT_EQ(outcome.code, 0);
    write(program + ".bash", outcome.out);
  }
  const auto offered = [&](const std::string& program, const std::string& function, const std::string& words) {
    return shell("bash -c 'source " + program + ".bash; COMP_WORDS=(" + words +
                 "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); " + function + "; echo \"${COMPREPLY[@]}\"'");
  };
  EXPECT_EQ(offered("cebm-train", "_cebm_train", "cebm-train --res"), "--resume\n");
  EXPECT_EQ(offered("cebm-eval", "_cebm_eval", "cebm-eval tens"), "tensorboard\n");
  EXPECT_EQ(offered("cebm-eval", "_cebm_eval", "cebm-eval few-shot --spl"), "--split\n");
  EXPECT_EQ(offered("cebm-data", "_cebm_data", "cebm-data fet"), "fetch\n");
}

TEST_F(ShellPages, ZshReadsItsScripts) {
  if (std::system("command -v zsh >/dev/null") != 0) GTEST_SKIP() << "there is no zsh here";
  for (const std::string program : {"cebm-train", "cebm-eval"}) {
    write("_" + program, run(program + " --completion-zsh").out);
    shell("zsh -n _" + program);
  }
}

TEST_F(ShellPages, ManPagesHaveEveryFlagAndFormatWithoutAWarning) {
  const std::string page = run("cebm-eval --man-page").out;
  EXPECT_THAT(page, AllOf(HasSubstr(".TH cebm-eval 1"), HasSubstr("\\-\\-completion\\-bash"), HasSubstr("few\\-shot"),
                          HasSubstr(".SH EXIT STATUS"), HasSubstr("avx512bf16, amx\n")));
  if (std::system("command -v groff >/dev/null") != 0) GTEST_SKIP() << "there is no groff here";
  for (const std::string program : {"cebm-train", "cebm-sample", "cebm-eval", "cebm-data"}) {
    write("page.1", run(program + " --man-page").out);
    EXPECT_EQ(shell("groff -man -Tutf8 -ww -z page.1"), "") << program;
  }
}

}  // namespace
}  // namespace cebm::shell_pages_test
