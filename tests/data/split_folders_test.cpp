#include "data/split_folders.h"

#include "data/loading.h"
#include "data/split_names.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Folders of pictures in p/, given by the paths of their pictures.
class SplitFoldersTest : public PictureTest {
 protected:
  void add(const std::vector<std::string>& pictures) const {
    for (const std::string& picture : pictures) save("p/" + picture + ".png", test_picture(8, 8, 1));
  }
  SplitFolders found() const { return find_splits(folder_ / "p"); }
  /// The folder of the split, as it lies in p/.
  std::string at(const std::string& split) const {
    return found().at(split).lexically_relative(folder_ / "p").generic_string();
  }
  std::shared_ptr<Dataset> set(const std::string& split = "train") const {
    return load("image-folder", "{path: p, size: 8}", split);
  }
  std::string refusal() const {
    return message_of<DataError>([this] { found(); });
  }
};

TEST(SplitNames, SayTheSplitByOneWordAndWhatStandsAroundIt) {
  const auto is = [](const std::string& name, SplitRole role, const std::string& pattern) {
    EXPECT_EQ(split_name(name), (SplitName{role, pattern})) << name;
  };
  is("train", SplitRole::train, "*");
  is("Training", SplitRole::train, "*");
  is("TEST", SplitRole::test, "*");
  is("testing", SplitRole::test, "*");
  is("val", SplitRole::validation, "*");
  is("validation", SplitRole::validation, "*");
  is("seg_train", SplitRole::train, "seg_*");
  is("test_set", SplitRole::test, "*_set");
  is("train2017", SplitRole::train, "*2017");
  is("Fruits-Validation", SplitRole::validation, "fruits-*");
  for (const char* name :
       {"trains", "attest", "contest", "cat", "", "train_test", "value", "t\xc3\xa9st", "test\xe9"}) {
    EXPECT_EQ(split_name(name), std::nullopt) << name;
  }
}

TEST_F(SplitFoldersTest, TrainAndTestAreFoundUnderTheirUsualNames) {
  const std::pair<const char*, const char*> names[] = {{"train", "test"},
                                                       {"Train", "Test"},
                                                       {"TRAIN", "TEST"},
                                                       {"training", "testing"},
                                                       {"train", "val"},
                                                       {"train", "validation"},
                                                       {"Training", "Valid"},
                                                       {"seg_train", "seg_test"},
                                                       {"train_set", "test_set"},
                                                       {"train2017", "val2017"},
                                                       {"training_set", "test_set"},
                                                       {"train-images", "test"}};
  for (const auto& [train, test] : names) {
    fs::remove_all(folder_ / "p");
    for (const std::string split : {train, test}) add({split + "/cat/1", split + "/dog/2"});
    EXPECT_EQ(at("train"), train);
    EXPECT_EQ(at("test"), test);
    EXPECT_THAT(set()->classes, ElementsAre("cat", "dog")) << train;
    EXPECT_EQ(set()->size(), 2) << test;
  }
}

TEST_F(SplitFoldersTest, AValidationSplitIsTheTestSplitWhereThereIsNoOtherAndThatIsSaid) {
  add({"train/cat/1", "val/cat/2", "val/cat/3"});
  EXPECT_EQ(set("test")->size(), 2);
  EXPECT_THAT(found().warnings, ElementsAre(AllOf(HasSubstr("p/val: "), HasSubstr("test split"))));
  add({"test/cat/4"});
  EXPECT_EQ(set("test")->size(), 1);
  EXPECT_EQ(set()->size(), 1);
  EXPECT_THAT(set("test")->warnings, ElementsAre(AllOf(HasSubstr("left out"), HasSubstr(": val"))));
}

TEST_F(SplitFoldersTest, OneLevelTooDeepIsGoneThrough) {
  add({"train/train/cat/1", "train/train/dog/2", "test/test/cat/3"});
  EXPECT_EQ(at("train"), "train/train");
  EXPECT_EQ(at("test"), "test/test");
  EXPECT_THAT(set()->classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(found().warnings, ElementsAre(HasSubstr("p/train/train"), HasSubstr("p/test/test")));
  fs::rename(folder_ / "p", folder_ / "inner");
  fs::create_directories(folder_ / "p/pets/__MACOSX");
  fs::rename(folder_ / "inner", folder_ / "p/pets/archive");
  EXPECT_EQ(at("train"), "pets/archive/train/train");
}

TEST_F(SplitFoldersTest, AFolderCalledAsASplitBesideClassesIsAClassAndThatIsSaid) {
  for (const std::string name : {"train", "test", "val", "Train", "testing", "dev"}) {
    fs::remove_all(folder_ / "p");
    add({"bus/1", "car/2", "plane/3", name + "/4"});
    for (const char* split : {"train", "test"}) EXPECT_EQ(set(split)->size(), 4) << name;
    EXPECT_EQ(set()->classes.size(), 4U) << name;
    EXPECT_THAT(set()->warnings, ElementsAre(AllOf(HasSubstr("p/" + name), HasSubstr("read as a class"))));
  }
}

TEST_F(SplitFoldersTest, AClassCalledAsASplitInsideASplitIsAClass) {
  add({"train/bus/1", "train/train/2", "test/bus/3", "test/train/4"});
  EXPECT_EQ(set()->size(), 2);
  EXPECT_THAT(set("test")->classes, ElementsAre("bus", "train"));
  EXPECT_TRUE(set("test")->labels.equal(at::tensor({0, 1}, at::kLong)));
}

TEST_F(SplitFoldersTest, WhatLiesBesideSplitsThatShareClassesIsLeftOutByName) {
  add({"train/cat/1", "train/dog/2", "test/cat/3", "extra/4"});
  EXPECT_EQ(set()->size(), 2);
  EXPECT_THAT(set()->warnings, testing::Contains(AllOf(HasSubstr("left out: extra"))));
}

TEST_F(SplitFoldersTest, WhatCanBeReadInTwoWaysIsRefusedWithTheNames) {
  add({"train/cat/1", "train/dog/2", "holdout/cat/3"});
  EXPECT_THAT(refusal(), AllOf(HasSubstr((folder_ / "p").string()), HasSubstr("train beside holdout")));
  fs::remove_all(folder_ / "p");
  add({"bus/1", "car/2", "test/3", "train/4"});
  EXPECT_THAT(refusal(), HasSubstr("train, test beside bus, car"));
  fs::remove_all(folder_ / "p");
  add({"train/cat/1", "training/cat/2", "test/cat/3"});
  EXPECT_THAT(refusal(), HasSubstr("found train, training"));
}

TEST_F(SplitFoldersTest, SplitsInsideClassesAndFoldersAroundClassesAreSaid) {
  add({"bottle/train/1", "bottle/test/2", "cable/train/3", "cable/test/4"});
  EXPECT_THAT(found().warnings, ElementsAre(AllOf(HasSubstr("p/bottle: read as one class"), HasSubstr("(test, train)")),
                                            HasSubstr("p/cable")));
  fs::remove_all(folder_ / "p");
  add({"pets/cat/1", "pets/dog/2"});
  EXPECT_THAT(set()->classes, ElementsAre("pets"));
  EXPECT_THAT(set()->warnings, ElementsAre(AllOf(HasSubstr("p/pets: read as one class"), HasSubstr("2 folders"))));
}

TEST_F(SplitFoldersTest, FoldersWithoutPicturesDecideNothing) {
  add({"bus/1", "car/2"});
  fs::create_directories(folder_ / "p/train");
  write_bytes(folder_ / "p/test/notes.txt", "x");
  EXPECT_THAT(found().splits, IsEmpty());
  EXPECT_THAT(set()->classes, ElementsAre("bus", "car"));
}

TEST_F(SplitFoldersTest, ALoopOfLinksEnds) {
  add({"train/cat/1"});
  fs::create_directory_symlink("..", folder_ / "p/train/train");
  EXPECT_EQ(set()->size(), 1);
}

}  // namespace
}  // namespace cebm
