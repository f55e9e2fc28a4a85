#include <cebm/image_io.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>

#include "apps/program.h"
#include "support/http_server.h"

namespace cebm {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::UnorderedElementsAre;

namespace {
const fs::path kPackage = "/usr/share/datasets/fashion-mnist";
const std::vector<std::string> kFiles = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                         "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
}  // namespace

class Data : public ProgramTest {
 protected:
  Outcome data(const std::string& arguments, const std::string& before = "") const {
    return run("cebm-data " + arguments, before);
  }
  /// Fetches from the test's server alone, into new/.
  Outcome fetch(const std::string& arguments, const std::string& before = "") const {
    return data("fetch " + arguments + " --data-root new --only-mirrors --mirror " + server_.url(), before);
  }
  /// The server has what the distribution's package has: compressed differently than officially, but the same content.
  bool serve_package() {
    if (!fs::exists(kPackage)) return false;
    for (const std::string& file : kFiles) server_.serve("/" + file, contents(kPackage / file));
    return true;
  }

  HttpServer server_;
};

TEST_F(Data, AWholeSetIsFetchedVerifiedAndFoundAgain) {
  if (!serve_package()) GTEST_SKIP() << "no package dataset-fashion-mnist";
  const Outcome fetched = fetch("fashion_mnist");
  ASSERT_EQ(fetched.code, 0) << fetched.err;
  EXPECT_THAT(fetched.out,
              AllOf(HasSubstr("new/fashion_mnist"), HasSubstr("licence: MIT"), HasSubstr("@article{xiao")));
  EXPECT_THAT(names_in(folder_ / "new/fashion_mnist"),
              UnorderedElementsAre(kFiles[0], kFiles[1], kFiles[2], kFiles[3]));

  const Outcome verified = data("verify fashion_mnist --data-root new");
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("good       new/fashion_mnist/train-images-idx3-ubyte.gz"));
  EXPECT_THAT(data("list --data-root new").out, HasSubstr("here: new/fashion_mnist"));

  const std::size_t requests = server_.requests().size();
  const Outcome again = fetch("fashion_mnist");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("here already"));
  EXPECT_EQ(server_.requests().size(), requests);
}

TEST_F(Data, AWrongFileIsRefusedAndNothingStaysUnderItsName) {
  server_.serve("/train-images-idx3-ubyte.gz", "not the images");
  const Outcome outcome = fetch("mnist");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(server_.url("/train-images-idx3-ubyte.gz")),
                                 HasSubstr("expected SHA-256 44"), HasSubstr("9912422 bytes expected, 14 found")));
  EXPECT_FALSE(exists("new/mnist"));
}

TEST_F(Data, AMissingFileIsReportedWithItsPlace) {
  const Outcome outcome = fetch("cifar10");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(server_.url("/cifar-10-binary.tar.gz") + ": answers 404"));
}

TEST_F(Data, ABrokenTransferIsResumedByTheNextFetch) {
  if (!serve_package()) GTEST_SKIP() << "no package dataset-fashion-mnist";
  const std::string images = contents(kPackage / kFiles[0]);
  server_.serve("/" + kFiles[0], {Answer{.body = images, .break_off_after = 3'000'000}, Answer{.body = images}});
  const Outcome broken = fetch("fashion_mnist --only " + kFiles[0] + " --retries 0");
  EXPECT_EQ(broken.code, 1);
  EXPECT_EQ(fs::file_size(folder_ / "new/fashion_mnist" / (kFiles[0] + ".part")), 3'000'000U);
  const Outcome resumed = fetch("fashion_mnist --only " + kFiles[0]);
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(server_.requests().back().range, "bytes=3000000-");
  EXPECT_EQ(contents(folder_ / "new/fashion_mnist" / kFiles[0]), images);
}

TEST_F(Data, AServerThatStallsIsGivenUpInTime) {
  server_.serve("/train-images-idx3-ubyte.gz", {Answer{.body = std::string(9'912'422, 'x'), .stall_after = 5000}});
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = fetch("mnist --stall-timeout 1 --retries 0");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("too slow"));
}

TEST_F(Data, ASignalKeepsThePartAndEndsWithItsCode) {
  server_.serve("/train-images-idx3-ubyte.gz", {Answer{.body = std::string(9'912'422, 'x'), .stall_after = 700'000}});
  const std::string mirror = server_.url();
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (chdir(folder_.c_str()) != 0) _exit(127);
    execl(CEBM_BIN_DIR "/cebm-data", "cebm-data", "fetch", "mnist", "--data-root", "new", "--only-mirrors", "--mirror",
          mirror.c_str(), nullptr);
    _exit(127);
  }
  const fs::path part = folder_ / "new/mnist/train-images-idx3-ubyte.gz.part";
  std::error_code error;
  for (int i = 0; i < 3000 && !(fs::exists(part, error) && fs::file_size(part, error) == 700'000); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << status;
  EXPECT_THAT(names_in(folder_ / "new/mnist"), ElementsAre("train-images-idx3-ubyte.gz.part"));
}

TEST_F(Data, AFullDiskIsOneMessage) {
  server_.serve("/train-images-idx3-ubyte.gz", std::string(9'912'422, 'x'));
  const Outcome outcome = fetch("mnist", "trap '' XFSZ; ulimit -f 100;");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("train-images-idx3-ubyte.gz.part"), HasSubstr("File too large")));
}

TEST_F(Data, BadUsageIsRefusedBeforeAnythingIsMade) {
  for (const char* arguments : {"fetch mist --data-root new", "fetch", "fetch mnist --data-root new --mirror here",
                                "fetch mnist --data-root new --only-mirrors", "fetch mnist --data-root new --only x.gz",
                                "fetch mnist fashion_mnist --data-root new --only x.gz", "verify mist", "info mist",
                                "verify mnist --data-root new", "grid mnist a.jpg", "grid mnist a.png --count 0",
                                "grid mnist a.png --set limits=3", "grid mnist a.png --split dev", "nonsense", ""}) {
    EXPECT_EQ(data(arguments).code, 2) << arguments;
    EXPECT_FALSE(exists("new")) << arguments;
  }
  EXPECT_THAT(data("fetch mist").err, HasSubstr("did you mean 'mnist'?"));
}

TEST_F(Data, VerifyNamesWhatIsDamagedAndWhatIsMissing) {
  if (tree_has("mnist")) GTEST_SKIP() << "the set is in the source tree";
  fs::remove(folder_ / "data/mnist/t10k-labels-idx1-ubyte.gz");
  const Outcome outcome = data("verify mnist --data-root data");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("damaged    data/mnist/train-images-idx3-ubyte: expected SHA-256"),
                    HasSubstr("missing    t10k-labels-idx1-ubyte.gz"), HasSubstr("looked in:\n    data/mnist")));
}

TEST_F(Data, ListTellsWhatIsHere) {
  EXPECT_THAT(data("list --data-root data").out, HasSubstr("mnist           11.6 MB    here: data/mnist\n"));
  if (tree_has("mnist")) GTEST_SKIP() << "the set is in the source tree";
  fs::remove_all(folder_ / "data/mnist");
  EXPECT_THAT(data("list").out, HasSubstr("mnist           11.6 MB    not here\n"));
}

TEST_F(Data, InfoCountsClassesAndPixels) {
  const Outcome outcome = data("info mnist --data-root data");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  double sum = 0.0;
  double squares = 0.0;
  for (unsigned i = 0; i < 40; ++i) {
    for (unsigned p = 0; p < 784; ++p) {
      const double value = (p * (i % 10 + 1) * 7 + i) % 256 / 255.0;
      sum += value;
      squares += value * value;
    }
  }
  const double mean = sum / (40 * 784);
  char line[96];
  std::snprintf(line, sizeof line, "have mean %.4f, standard deviation %.4f", mean,
                std::sqrt(squares / (40 * 784) - mean * mean));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("train: 40 images of 1 x 28 x 28"), HasSubstr("test: 20 images"),
                                 HasSubstr(line), HasSubstr("          4  9\n"), HasSubstr("licence   none is stated"),
                                 HasSubstr("@article{lecun"), HasSubstr("440fcabf73cc")));
  EXPECT_THAT(data("info mnist --data-root data --set limit=7").out, HasSubstr("train: 7 images"));
}

TEST_F(Data, InfoOfASetThatIsNotHereStillTellsItsSource) {
  if (tree_has("mnist")) GTEST_SKIP() << "the set is in the source tree";
  fs::remove_all(folder_ / "data/mnist");
  const Outcome outcome = data("info mnist");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("homepage  http"), HasSubstr("train: data set mnist: expected")));
}

TEST_F(Data, AGridIsDrawnFromASeed) {
  const std::string grid = "grid mnist --data-root data --count 9 --labels ";
  const Outcome first = data(grid + "a.png");
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, MatchesRegex("a.png\nrow 1: [0-9], [0-9], [0-9]\nrow 2: [0-9, ]+\nrow 3: [0-9, ]+\n"));
  data(grid + "b.png");
  data(grid + "c.png --seed 2");
  EXPECT_EQ(contents(folder_ / "a.png"), contents(folder_ / "b.png"));
  EXPECT_NE(contents(folder_ / "a.png"), contents(folder_ / "c.png"));
  EXPECT_EQ(read_png(folder_ / "a.png").width, 3 * 56 + 2 * 2);
}

TEST_F(Data, AGridWithARowAClassShowsEachClassOnce) {
  const Outcome outcome = data("grid mnist a.png --data-root data --per-class --columns 6 --set limit=25");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("row 1: 0\nrow 2: 1\n"), HasSubstr("row 10: 9\n"), Not(HasSubstr("row 11"))));
  const Picture picture = read_png(folder_ / "a.png");
  EXPECT_EQ(picture.width, 6 * 56 + 5 * 2);
  EXPECT_EQ(picture.height, 10 * 56 + 9 * 2);
  // Of 25 images class 9 has two: the third place of its row is empty.
  std::uint8_t brightest = 0;
  for (std::int64_t y = 9 * 58; y < 10 * 58 - 2; ++y) {
    for (std::int64_t x = 2 * 58; x < 3 * 58 - 2; ++x)
      brightest = std::max(brightest, picture.pixels[static_cast<std::size_t>(y * picture.width + x)]);
  }
  EXPECT_EQ(brightest, 0);
}

}  // namespace cebm
