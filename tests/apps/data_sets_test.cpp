// Every data set through the real programs: trained on while it is whole, refused with one message when it is not.
#include "apps/program.h"
#include "support/data_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class DataSets : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write_all_sets(folder_ / "sets", {.train = 40, .test = 12});
  }

  /// Trains for four steps. Caches stay in the test's folder.
  Outcome train_on(const std::string& name, const std::string& more = "", const std::string& out = "run") const {
    return run("cebm-train --config tiny.yaml --data-root sets --set data.name=" + name + " " + more + " --out " + out,
               "export XDG_CACHE_HOME=\"$PWD/cache\";");
  }

  /// Training ends with code 1 and one message that holds every part; nothing is left of the run.
  void expect_refused(const std::string& name, const std::vector<std::string>& parts,
                      const std::string& more = "") const {
    const Outcome outcome = train_on(name, more);
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, Not(HasSubstr("terminate")));
    std::size_t messages = 0;
    for (std::size_t at = outcome.err.find("error "); at != std::string::npos;
         at = outcome.err.find("error ", at + 1)) {
      ++messages;
    }
    EXPECT_EQ(messages, 1U) << outcome.err;
    for (const auto& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_THAT(leftovers(), IsEmpty());
    EXPECT_FALSE(exists("run/checkpoints"));
  }
  void damage(const std::string& file, std::size_t offset, char value) const {
    std::string bytes = contents(folder_ / "sets" / file);
    bytes[offset] = value;
    write("sets/" + file, bytes);
  }
  void cut(const std::string& file, std::size_t bytes) const {
    const std::string whole = contents(folder_ / "sets" / file);
    write("sets/" + file, whole.substr(0, whole.size() - bytes));
  }
};

TEST_F(DataSets, EveryOneCanBeTrainedOn) {
  const std::vector<std::string> names = {"mnist",   "fashion_mnist", "emnist", "cifar10",       "svhn",
                                          "texture", "constant",      "noise",  "gaussian-noise"};
  for (const auto& name : names) {
    const Outcome outcome = train_on(name, "", "run_" + name);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(exists("run_" + name + "/samples/data.png"));
  }
  const Outcome pictures =
      train_on("image-folder", "--set data.path=texture/dtd/images --set data.size=24", "run_pictures");
  EXPECT_EQ(pictures.code, 0) << pictures.err;
}

TEST_F(DataSets, SetsOfAnySizeAreEvaluatedInTheModelsShape) {
  ASSERT_EQ(train_on("cifar10").code, 0);
  for (const char* name : {"constant", "noise", "texture", "svhn"}) {
    const Outcome outcome = run("cebm-eval scores --run run --data-root sets --data " + std::string(name),
                                "export XDG_CACHE_HOME=\"$PWD/cache\";");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  const Outcome grey = run("cebm-eval scores --run run --data-root sets --data emnist");
  EXPECT_EQ(grey.code, 2) << grey.err;
  EXPECT_THAT(grey.err, AllOf(HasSubstr("1x28x28"), HasSubstr("3x32x32")));
}

TEST_F(DataSets, MissingOnesSayHowToGetThem) {
  std::filesystem::remove_all(folder_ / "sets");
  std::filesystem::create_directory(folder_ / "sets");
  for (const std::string name : {"emnist", "cifar10", "svhn", "texture"}) {
    expect_refused(name, {"data set " + name, "sets/" + name, "cebm-data fetch " + name});
  }
  expect_refused("image-folder", {"data set image-folder", "sets/nowhere"}, "--set data.path=nowhere");
}

TEST_F(DataSets, DamagedEmnistIsRefused) {
  const std::string images = "emnist/emnist-digits-train-images-idx3-ubyte";
  const std::string labels = "emnist/emnist-digits-train-labels-idx1-ubyte.gz";
  damage(images, 2, 0x0D);
  expect_refused("emnist", {images, "at byte 0: ", "magic"});
  damage(images, 2, 0x08);
  cut(images, 10);
  expect_refused("emnist", {images, "at byte ", "found"});
  write("sets/" + images, idx_header({40, 28, 28}) + std::string(40 * 784 + 1, 'x'));
  expect_refused("emnist", {images, "found more"});
  write("sets/" + images, idx_header({40, 28, 28}) + std::string(40 * 784, 'x'));
  write("sets/" + labels, gz(idx_header({40}) + std::string(40, '\12')));
  expect_refused("emnist", {labels, "at byte 8: ", "0 .. 9"});
}

TEST_F(DataSets, DamagedCifar10IsRefused) {
  const std::string file = "cifar10/data_batch_4.bin";
  damage(file, 3073, 77);
  expect_refused("cifar10", {file, "at byte 3073: ", "0 .. 9", "77"});
  damage(file, 3073, 0);
  cut(file, 1);
  expect_refused("cifar10", {file, "at byte 21511: ", "found 3072"});
  write("sets/" + file, cifar10_records(0, 1, 1) + "surplus");
  expect_refused("cifar10", {file, "at byte 3073: ", "found 7"});
  std::filesystem::remove(folder_ / "sets" / file);
  expect_refused("cifar10", {"without data_batch_4.bin"});
}

TEST_F(DataSets, DamagedSvhnIsRefused) {
  const std::string file = "svhn/extra_32x32.mat";
  cut(file, 40);
  expect_refused("svhn", {file, "at byte "});
  write("sets/" + file, "MATLAB");
  expect_refused("svhn", {file, "at byte 6: ", "128 bytes"});
  write("sets/" + file, std::string(500, 'x'));
  expect_refused("svhn", {file, "at byte 124: "});
  write("sets/" + file, mat_header() + mat_array("Z", {32, 32, 3, 1}, svhn_pixels(1, 1)));
  expect_refused("svhn", {file, "variable 'X'", "only 'Z'"});
  write("sets/" + file, mat_header() + mat_array("X", {32, 32, 3, 1}, svhn_pixels(1, 1)) +
                            mat_array("y", {1, 1}, std::string(1, '\13')));
  expect_refused("svhn", {file, "1 .. 10", "found 11"});
}

TEST_F(DataSets, UnreadablePicturesAndEmptyFoldersAreRefused) {
  const std::string file = "texture/dtd/images/banded/banded_1000.png";
  cut(file, 60);
  expect_refused("texture", {file, "near byte "});
  expect_refused("image-folder", {file, "near byte "}, "--set data.path=texture/dtd/images");
  write("sets/" + file, "no picture");
  expect_refused("texture", {file, "JPEG"});
  std::filesystem::create_directory(folder_ / "sets/empty");
  expect_refused("image-folder", {"sets/empty", "found none"}, "--set data.path=empty");
  write("sets/empty/one.png", "no picture");
  expect_refused("image-folder", {"sets/empty/one.png"}, "--set data.path=empty");
}

TEST_F(DataSets, ASetThatWasUnpackedByHandIsUncheckedAndNotSaidToBeReplaced) {
  const Outcome outcome = run("cebm-data verify texture --data-root sets");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("unchecked  sets/texture/dtd"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("move it away"), Not(HasSubstr("replaces"))));
}

TEST_F(DataSets, NamesFromDataDoNotReachTheTerminalAsTheyAre) {
  const std::string odd = "odd/a\x1b[31m\xc2\x9b\nb";
  const std::string empty = "odd/none\x1b[0m\xc2\x9b";
  for (const std::string& folder : {odd, empty}) std::filesystem::create_directories(folder_ / "sets" / folder);
  write("sets/" + odd + "/1.png", contents(folder_ / "sets/texture/dtd/images/banded/banded_1000.png"));
  write("sets/" + empty + "/1.tif", "");
  const Outcome outcome =
      run("cebm-data grid image-folder a.png --labels --data-root sets --set path=odd --set cache=false");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("row 1: a?[31m??b\n"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("none?[0m?"), Not(HasSubstr("\x1b")), Not(HasSubstr("\xc2\x9b"))));
}

TEST_F(DataSets, PicturesOfMixedSizesAreBroughtToOne) {
  const Outcome outcome = train_on("image-folder", "--set data.path=texture/dtd/images");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const Outcome again = train_on("image-folder", "--set data.path=texture/dtd/images", "again");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(contents(folder_ / "run/metrics.csv"), contents(folder_ / "again/metrics.csv")) << "read from the cache";
}

}  // namespace
}  // namespace cebm
