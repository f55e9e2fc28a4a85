// Folders of pictures and data roots as users have them, through the real programs.
#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "support/data_files.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class Folders : public ProgramTest {
 protected:
  /// `count` pictures of one class in `folder`, around a grey level of their own.
  void add(const std::string& folder, std::uint32_t grey, int count = 12) const {
    for (int i = 0; i < count; ++i) {
      Picture picture{.width = 28, .height = 28, .channels = 1, .pixels = {}};
      for (std::uint32_t p = 0; p < 784; ++p) {
        picture.pixels.push_back(static_cast<std::uint8_t>(grey + (p * 7 + static_cast<std::uint32_t>(i) * 13) % 20));
      }
      write_bytes(folder_ / folder / (std::to_string(100 + i) + ".png"), encode_png(picture));
    }
  }
  Outcome train_on(const std::string& folder, const std::string& flags = "--out run") const {
    return run("cebm-train --config tiny.yaml --set data.name=image-folder --set data.path=" + folder +
               " --set data.size=28 --set data.channels=1 --set data.cache=false " + flags);
  }
  nlohmann::json result(const std::string& folder) const {
    return nlohmann::json::parse(contents(folder_ / folder / "result.json")).at("result");
  }
};

TEST_F(Folders, AClassWithoutTestPicturesIsARowOfZerosAndDoesNotShiftTheOthers) {
  for (const char* split : {"train", "test"}) {
    add(std::string("p/") + split + "/airliner", 40);
    add(std::string("p/") + split + "/cargo", 220);
  }
  add("p/train/biplane", 130);
  ASSERT_EQ(train_on("p").code, 0);
  const Outcome confusion = run("cebm-eval confusion --run run");
  ASSERT_EQ(confusion.code, 0) << confusion.err;
  EXPECT_THAT(confusion.err, HasSubstr("no picture of class biplane"));
  const nlohmann::json found = result("run/eval/confusion");
  EXPECT_EQ(found.at("classes"), nlohmann::json({"airliner", "biplane", "cargo"}));
  EXPECT_EQ(found.at("spaces").at("pixels").at("matrix"), nlohmann::json({{12, 0, 0}, {0, 0, 0}, {0, 0, 12}}));
  const Outcome few_shot = run("cebm-eval few-shot --run run --set 'shots=[1,3]' --set draws=3");
  ASSERT_EQ(few_shot.code, 0) << few_shot.err;
  EXPECT_EQ(result("run/eval/few-shot").at("spaces").at("pixels").at("full").at("accuracy"), 1.0);
}

TEST_F(Folders, AClassWithoutTrainingPicturesIsAColumnOfZerosAndNamedWhereItsLabelsAreNeeded) {
  for (const char* split : {"train", "test"}) add(std::string("p/") + split + "/airliner", 40);
  add("p/train/biplane", 130);
  add("p/test/drone", 90, 3);
  ASSERT_EQ(train_on("p").code, 0);
  ASSERT_EQ(run("cebm-eval confusion --run run").code, 0);
  const nlohmann::json matrix = result("run/eval/confusion").at("spaces").at("pixels").at("matrix");
  EXPECT_EQ(matrix.at(0), nlohmann::json({12, 0, 0}));
  EXPECT_EQ(matrix.at(1), nlohmann::json({0, 0, 0}));
  EXPECT_EQ(matrix.at(2).at(2), 0);
  const Outcome few_shot = run("cebm-eval few-shot --run run --set 'shots=[1,3]' --set draws=3");
  EXPECT_EQ(few_shot.code, 1);
  EXPECT_THAT(few_shot.err, AllOf(HasSubstr("split train"), HasSubstr("'drone'")));
}

TEST_F(Folders, ADataRootWithAnotherSetsFilesIsNoOtherSet) {
  ASSERT_EQ(train("-q").code, 0);
  const Outcome outcome = run("cebm-eval ood --run run --data-root data/mnist --set sets=fashion_mnist");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("mnist (test) and fashion_mnist (test) are the same images"),
                                 HasSubstr("data/mnist/t10k-images-idx3-ubyte")));
  EXPECT_FALSE(exists("run/eval/ood/result.json"));
  std::filesystem::copy(folder_ / "data/mnist", folder_ / "data/fashion_mnist");
  const Outcome copies =
      run("cebm-eval ood --run run --data-root data --set sets=constant,fashion_mnist --data-option limit=10");
  EXPECT_EQ(copies.code, 1);
  EXPECT_THAT(copies.err, HasSubstr("have the same content"));
  const Outcome twice = run("cebm-eval ood --run run --data-root data --set sets=mnist");
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("mnist (test) comes twice"));
}

TEST_F(Folders, NamesThatAreNotUtf8AreTakenFromTheTrainingToTheReport) {
  add("p/caf\xe9", 40);
  add("p/th\xe9", 130);
  add("p/water", 220);
  ASSERT_EQ(train_on("p", "--out 'r\xe9sultats'").code, 0);
  const Outcome all = run(
      "cebm-eval all --run 'r\xe9sultats' --set 'few-shot.shots=[1]' --set few-shot.draws=2 --set ood.bootstrap=10");
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(result("r\xe9sultats/eval/confusion").at("classes"), nlohmann::json({"caf\\xE9", "th\\xE9", "water"}));
  EXPECT_THAT(contents(folder_ / "r\xe9sultats/eval/confusion/confusion_pixels.csv"), HasSubstr("\"caf\\xE9\",12,0,0"));
  const std::string page = contents(folder_ / "r\xe9sultats/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("r\\xE9sultats"), HasSubstr("$'r\\351sultats'")));
  EXPECT_EQ(page.find('\xe9'), std::string::npos);
  EXPECT_THAT(train_on("p", "--out 'r\xe9sultats' --resume --set train.steps=6").err, HasSubstr("resumed at step 4"));
}

TEST_F(Folders, ADataRootThatIsNotUtf8IsTaken) {
  std::filesystem::rename(folder_ / "data", folder_ /
                                                "donn\xe9"
                                                "es");
  const std::string root =
      "--data-root 'donn\xe9"
      "es' ";
  ASSERT_EQ(run("cebm-train --config tiny.yaml --out run " + root).code, 0);
  const std::string confusion = "cebm-eval confusion --run run " + root;
  const Outcome first = run(confusion);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(run(confusion).err, HasSubstr("its result stands"));
  const Outcome ood = run("cebm-eval ood --run run --set bootstrap=5 " + root);
  EXPECT_EQ(ood.code, 0) << ood.err;
  EXPECT_THAT(run("cebm-eval ood --run run --set bootstrap=5 " + root).err, HasSubstr("its result stands"))
      << "although the reason why E-MNIST is missing names the root";
}

TEST_F(Folders, APathThatIsNotUtf8IsRefusedInAConfigurationByItsName) {
  add("caf\xe9/a", 40);
  const Outcome outcome = train_on("'caf\xe9'");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("caf\xe9"), HasSubstr("UTF-8"), HasSubstr("0xe9")));
  EXPECT_EQ(train_on(".", "--out run --data-root 'caf\xe9'").code, 0) << "as a data root it is taken";
}

TEST_F(Folders, WhatIsPassedOverOrReadInAnotherWayIsAWarningOfTrainingAndInfo) {
  add("p/train/cat", 40);
  add("p/train/dog", 90);
  add("p/val/cat", 40);
  write("p/train/cat/1.webp", "x");
  const Outcome trained = train_on("p", "--out run -q");
  ASSERT_EQ(trained.code, 0);
  EXPECT_THAT(trained.err, AllOf(HasSubstr("warning"), HasSubstr("passed over 1 .webp"), HasSubstr("p/val: read as")));
  const Outcome info = run("cebm-data info image-folder --set path=p --set size=28");
  EXPECT_THAT(info.out, AllOf(HasSubstr("train: 24 images"), HasSubstr("test: 12 images"), HasSubstr("2 classes")));
  EXPECT_THAT(info.err, AllOf(HasSubstr("train: p/train: passed over 1 .webp"), HasSubstr("no picture of class dog")));
}

TEST_F(Folders, InfoOfADamagedSetFailsAndOfOneThatIsNotThereSaysHowToGetIt) {
  add("p/cat", 40);
  write("p/cat/bad.png", "no picture");
  const Outcome damaged = run("cebm-data info image-folder --set path=p --set size=28");
  EXPECT_EQ(damaged.code, 1);
  EXPECT_THAT(damaged.out, ContainsRegex("train: .*p/cat/bad.png.*expected"));
  EXPECT_THAT(damaged.err, HasSubstr("image-folder: cannot be read: train, test"));
  std::filesystem::create_directory(folder_ / "nothing");
  const Outcome missing = run("cebm-data info svhn --data-root nothing");
  EXPECT_EQ(missing.code, 0) << missing.err;
  EXPECT_THAT(missing.out, HasSubstr("cebm-data fetch svhn"));
}

TEST_F(Folders, AFolderWithoutSplitsIsEvaluatedWithAWarning) {
  add("p/cat", 40);
  add("p/dog", 90);
  ASSERT_EQ(train_on("p", "--out run -q").code, 0);
  const Outcome outcome = run("cebm-eval confusion --run run -q");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("image-folder (test) are the same images"));
}

}  // namespace
}  // namespace cebm
