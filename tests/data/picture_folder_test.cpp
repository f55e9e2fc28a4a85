#include "data/picture_folder.h"

#include <ATen/Parallel.h>
#include <sys/stat.h>

#include <chrono>

#include "base/durable/lock.h"
#include "data/encoded_pictures.h"
#include "data/loading.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ImageFolder : public PictureTest {
 protected:
  fs::path add(const std::string& name, std::uint32_t image = 0) const {
    return save("p/" + name, test_picture(32, 32, image));
  }
  std::shared_ptr<Dataset> folder(const std::string& options = "{}", const std::string& split = "train") const {
    std::string more = options == "{}" ? "" : ", " + options.substr(1, options.size() - 2);
    return load("image-folder", "{path: p" + more + "}", split);
  }
  std::vector<std::string> listed() const {
    std::vector<std::string> names;
    for (const auto& file : list_pictures(folder_ / "p").files) names.push_back(file.string());
    return names;
  }
  std::vector<std::string> cache_files() const {
    return fs::exists(folder_ / "cache/cebm") ? names_in(folder_ / "cache/cebm") : std::vector<std::string>{};
  }
  fs::path cache_file() const { return folder_ / "cache/cebm" / cache_files().at(0); }
};

TEST_F(ImageFolder, SubfoldersAreClassesInTheOrderOfTheirNames) {
  add("b/2.png", 1);
  add("a-b/1.png", 2);
  add("a/deep/er/9.png", 3);
  add("a/1.PNG", 4);
  add("a/10.png", 5);
  const auto set = folder();
  EXPECT_THAT(set->classes, ElementsAre("a", "a-b", "b"));
  EXPECT_TRUE(set->labels.equal(at::tensor({0, 0, 0, 1, 2}, at::kLong)));
  EXPECT_THAT(listed(), ElementsAre("a/1.PNG", "a/10.png", "a/deep/er/9.png", "a-b/1.png", "b/2.png"));
  std::int64_t i = 0;
  for (const std::uint32_t image : {4, 5, 3, 2, 1}) expect_image(set->images, i++, 1, image);
  EXPECT_THAT(set->files, ElementsAre(folder_ / "p"));
}

TEST_F(ImageFolder, IsLookedForBelowCebmDataWhereNoRootIsGiven) {
  add("1.png");
  setenv("CEBM_DATA", folder_.c_str(), 1);
  EXPECT_THAT(load_set("image-folder", "{path: p}", {.root = {}})->files, ElementsAre(folder_ / "p"));
}

TEST_F(ImageFolder, PicturesWithoutSubfoldersHaveNoLabel) {
  add("2.png", 2);
  add("1.png", 1);
  const auto set = folder();
  EXPECT_THAT(set->classes, IsEmpty());
  EXPECT_TRUE(set->labels.eq(-1).all().item<bool>());
  expect_image(set->images, 0, 1, 1);
  expect_image(set->images, 1, 1, 2);
}

TEST_F(ImageFolder, HiddenAndOtherFilesArePassedOver) {
  add("a/1.png");
  add("a/.2.png");
  add(".hidden/3.png");
  fs::create_directory(folder_ / "p/a/4.png");
  write_bytes(folder_ / "p/readme.txt", "x");
  write_bytes(folder_ / "p/a/notes.csv", "x");
  fs::create_directories(folder_ / "p/empty/er");
  ASSERT_EQ(mkfifo((folder_ / "p/a/pipe.png").c_str(), 0600), 0);
  EXPECT_THAT(listed(), ElementsAre("a/1.png"));
  EXPECT_THAT(folder()->classes, ElementsAre("a"));
}

TEST_F(ImageFolder, LinksAreFollowedAndLoopsEnd) {
  add("a/1.png");
  fs::create_directory_symlink("..", folder_ / "p/a/up");
  fs::create_directory_symlink(".", folder_ / "p/a/self");
  fs::create_directories(folder_ / "elsewhere");
  fs::copy_file(folder_ / "p/a/1.png", folder_ / "elsewhere/2.png");
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "p/b");
  EXPECT_THAT(listed(), ElementsAre("a/1.png", "b/2.png"));
}

TEST_F(ImageFolder, ALinkToNowhereIsNamedSinceItMayBeAClass) {
  add("a/1.png");
  add("c/1.png");
  fs::create_directory_symlink(folder_ / "not-mounted", folder_ / "p/b");
  EXPECT_THAT(message_of<DataError>([this] { listed(); }),
              AllOf(HasSubstr("p/b: expected a folder or a file"), HasSubstr("a link that leads to neither")));
  fs::create_directory(folder_ / "not-mounted");
  EXPECT_THAT(listed(), ElementsAre("a/1.png", "c/1.png"));
}

TEST_F(ImageFolder, ALabelMeansTheSameInBothSplits) {
  add("train/a/1.png", 1);
  add("train/b/2.png", 2);
  add("train/d/3.png", 3);
  add("test/a/4.png", 4);
  add("test/c/5.png", 5);
  add("test/d/6.png", 6);
  fs::create_directories(folder_ / "p/test/b");
  const auto train = folder();
  const auto test = folder("{}", "test");
  for (const auto& set : {train, test}) EXPECT_THAT(set->classes, ElementsAre("a", "b", "c", "d"));
  EXPECT_TRUE(train->labels.equal(at::tensor({0, 1, 3}, at::kLong)));
  EXPECT_TRUE(test->labels.equal(at::tensor({0, 2, 3}, at::kLong)));
  expect_image(test->images, 1, 1, 5);
  EXPECT_THAT(train->warnings, ElementsAre(HasSubstr("p/train: no picture of class c")));
  EXPECT_THAT(test->warnings, ElementsAre(HasSubstr("p/test: no picture of class b")));
  EXPECT_THAT(folder("{limit: 1}", "test")->classes, ElementsAre("a", "b", "c", "d")) << "whatever images are used";
}

TEST_F(ImageFolder, LimitTakesThePicturesOfAllClassesInTurn) {
  for (const std::uint32_t image : {1, 2, 3, 4}) add("a/" + std::to_string(image) + ".png", image);
  add("b/5.png", 5);
  for (const std::uint32_t image : {6, 7}) add("c/" + std::to_string(image) + ".png", image);
  const auto set = folder("{limit: 6}");
  EXPECT_TRUE(set->labels.equal(at::tensor({0, 1, 2, 0, 2, 0}, at::kLong)));
  std::int64_t i = 0;
  for (const std::uint32_t image : {1, 5, 6, 2, 7, 3}) expect_image(set->images, i++, 1, image);
  EXPECT_THAT(set->warnings, IsEmpty());
  EXPECT_TRUE(folder("{limit: 4}")->images.equal(set->images.narrow(0, 0, 4)));
}

TEST_F(ImageFolder, AWarningNamesTheClassesThatALimitLeavesOut) {
  for (const char* name : {"a/1.png", "b/2.png", "c/3.png"}) add(name, 1);
  write_bytes(folder_ / "p/d/4.webp", "x");
  EXPECT_THAT(folder("{limit: 1}")->warnings,
              ElementsAre(HasSubstr("passed over 1 .webp"), HasSubstr("no picture of class d"),
                          EndsWith("p: the limit of 1 images leaves out class b, c")));
}

TEST_F(ImageFolder, LimitTakesTheFirstPicturesWhereThereAreNoClasses) {
  for (const std::uint32_t image : {1, 2, 3}) add(std::to_string(image) + ".png", image);
  const auto set = folder("{limit: 2}");
  ASSERT_EQ(set->size(), 2);
  for (const std::uint32_t image : {1, 2}) expect_image(set->images, image - 1, 1, image);
  EXPECT_THAT(set->warnings, IsEmpty());
}

TEST_F(ImageFolder, ATestSplitWithoutClassFoldersHasTheClassesAndNoLabels) {
  add("train/a/1.png", 1);
  add("train/b/2.png", 2);
  add("test/3.png", 3);
  const auto test = folder("{}", "test");
  EXPECT_THAT(test->classes, ElementsAre("a", "b"));
  EXPECT_TRUE(test->labels.equal(at::tensor({-1}, at::kLong)));
}

TEST_F(ImageFolder, ASplitThatIsNotThereIsNamed) {
  add("train/a/1.png", 1);
  EXPECT_THAT(message_of<DataError>([this] { folder("{}", "test"); }),
              AllOf(HasSubstr("p/test: "), HasSubstr("p/train")));
}

TEST_F(ImageFolder, EverySuffixOfAJpegIsRead) {
  int i = 0;
  for (const std::string suffix : {"jpg", "jpeg", "jpe", "jif", "jfif", "JFIF"}) {
    write_bytes(folder_ / "p" / (std::to_string(i++) + "." + suffix), encode_jpeg(test_picture(32, 32, 1)));
  }
  EXPECT_EQ(folder()->size(), 6);
  EXPECT_THAT(folder()->warnings, IsEmpty());
}

TEST_F(ImageFolder, WhatIsPassedOverIsCountedAndItsClassKeepsItsLabel) {
  add("a/1.png", 1);
  write_bytes(folder_ / "p/a/2.webp", "x");
  write_bytes(folder_ / "p/a/noname", "x");
  for (int i = 0; i < 3; ++i) write_bytes(folder_ / "p/b" / (std::to_string(i) + ".TIF"), "x");
  add("c/4.png", 4);
  write_bytes(folder_ / "p/d/notes.txt", "x");
  const auto set = folder();
  EXPECT_THAT(set->classes, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(set->labels.equal(at::tensor({0, 2}, at::kLong)));
  EXPECT_THAT(
      set->warnings,
      ElementsAre(AllOf(HasSubstr("passed over 3 .tif, 1 without a suffix, 1 .txt, 1 .webp"), HasSubstr(".jfif")),
                  HasSubstr("no picture of class b"), HasSubstr("no class, for want of pictures: d")));
  fs::remove_all(folder_ / "p/a");
  fs::remove_all(folder_ / "p/c");
  EXPECT_THAT(message_of<DataError>([this] { folder(); }),
              AllOf(HasSubstr("found none"), HasSubstr("passed over 3 .tif")));
}

TEST_F(ImageFolder, WhatSystemsLeaveAmongPicturesIsNoNews) {
  add("a/1.png", 1);
  for (const char* name : {"Thumbs.db", "a/.DS_Store", "a/desktop.ini", "__MACOSX/a/._1.png", "__MACOSX/a/1.png"}) {
    write_bytes(folder_ / "p" / name, "x");
  }
  const auto set = folder();
  EXPECT_THAT(set->classes, ElementsAre("a"));
  EXPECT_THAT(set->warnings, IsEmpty());
}

TEST_F(ImageFolder, NamesThatAreNotUtf8AreReadAndShownAsText) {
  add("caf\xe9/1.png", 1);
  add("caf\xe9/\xff.png", 2);
  add("water/3.png", 3);
  const auto set = folder();
  EXPECT_EQ(set->size(), 3);
  EXPECT_THAT(set->classes, ElementsAre("caf\\xE9", "water"));
  EXPECT_TRUE(set->labels.equal(at::tensor({0, 0, 1}, at::kLong)));
}

TEST_F(ImageFolder, AnUndividedFolderIsWholeInEverySplit) {
  add("a/1.png", 1);
  EXPECT_TRUE(folder("{}", "test")->images.equal(folder()->images));
}

TEST_F(ImageFolder, ImagesHaveTheModelsSizeUnlessAnotherIsAskedFor) {
  save("p/1.png", test_picture(60, 40, 1));
  EXPECT_EQ(folder()->image_shape(), (ImageShape{3, 32, 32}));
  EXPECT_EQ(folder("{size: 24, channels: 1}")->image_shape(), (ImageShape{1, 24, 24}));
  const DataContext model = {.root = folder_, .image = ImageShape{1, 28, 20}};
  EXPECT_EQ(load_set("image-folder", "path: p", model)->image_shape(), (ImageShape{1, 28, 20}));
  const DataContext strange = {.root = folder_, .image = ImageShape{4, 28, 28}};
  EXPECT_THROW(load_set("image-folder", "path: p", strange), ConfigError);
}

TEST_F(ImageFolder, EveryPictureThatCannotBeReadIsListedWhateverTheThreads) {
  for (int i = 0; i < 40; ++i) add("a/" + std::to_string(100 + i) + ".png");
  write_bytes(folder_ / "p/a/111.png", "no picture");
  EXPECT_THAT(message_of<DataError>([this] { folder(); }), StartsWith((folder_ / "p/a/111.png").string() + ": "));
  write_bytes(folder_ / "p/a/112.png", "");
  fs::create_symlink("nowhere.png", folder_ / "p/a/999.png");
  for (const int threads : {1, 4}) {
    at::set_num_threads(threads);
    const std::string message = message_of<DataError>([this] { folder(); });
    const auto at = [&](const char* name) { return message.find("\n  " + (folder_ / "p/a" / name).string() + ": "); };
    EXPECT_THAT(message, StartsWith((folder_ / "p").string() + ": expected pictures that can be read, found 3 of 41"));
    EXPECT_LT(at("111.png"), at("112.png"));
    EXPECT_LT(at("112.png"), at("999.png"));
    EXPECT_NE(at("999.png"), std::string::npos) << message;
  }
  at::set_num_threads(1);
  EXPECT_THAT(cache_files(), IsEmpty());
}

TEST_F(ImageFolder, BeyondTenDamagedPicturesTheOthersAreCounted) {
  for (int i = 0; i < 15; ++i) {
    fs::create_directories(folder_ / "p/a");
    write_bytes(folder_ / "p/a" / (std::to_string(100 + i) + ".png"), "no picture");
  }
  const std::string message = message_of<DataError>([this] { folder(); });
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 11);
  EXPECT_THAT(message, AllOf(HasSubstr("found 15 of 15"), HasSubstr("109.png"), EndsWith("\n  and 5 more")));
}

TEST_F(ImageFolder, EmptyMissingAndMixedFoldersAreRefused) {
  EXPECT_THAT(message_of<DataError>([this] { folder(); }), AllOf(HasSubstr("image-folder"), HasSubstr("no folder")));
  fs::create_directories(folder_ / "p/a");
  EXPECT_THAT(message_of<DataError>([this] { folder(); }),
              AllOf(HasSubstr((folder_ / "p").string()), HasSubstr("found none")));
  add("1.png");
  add("a/2.png");
  EXPECT_THAT(message_of<DataError>([this] { folder(); }), AllOf(HasSubstr("1.png"), HasSubstr("a/2.png")));
  EXPECT_THAT(message_of<ConfigError>([this] { load("image-folder"); }), HasSubstr("path"));
}

TEST_F(ImageFolder, ThreadsDoNotChangeTheResultAndProgressReachesTheEnd) {
  for (std::uint32_t i = 0; i < 30; ++i) save("p/" + std::to_string(i) + ".png", test_picture(40 + i, 50, i));
  const PictureFolder pictures = list_pictures(folder_ / "p");
  at::set_num_threads(1);
  const torch::Tensor one = read_pictures(pictures, {3, 32, 32}, Fit::crop, {});
  at::set_num_threads(4);
  std::uint64_t last = 0;
  const torch::Tensor four =
      read_pictures(pictures, {3, 32, 32}, Fit::crop, [&](std::uint64_t done, std::uint64_t all) {
        EXPECT_GE(done, last);
        EXPECT_EQ(all, 30U);
        last = done;
      });
  at::set_num_threads(1);
  EXPECT_TRUE(one.equal(four));
  EXPECT_EQ(last, 30U);
}

class Cache : public ImageFolder {
 protected:
  void SetUp() override {
    ImageFolder::SetUp();
    add("a/1.png", 1);
    add("b/2.png", 2);
    original_ = folder()->images;
  }
  /// Whether the pictures are decoded again; the images are right in either case.
  bool decodes() const {
    bool decoded = false;
    const auto set = load_set("image-folder", "path: p",
                              {.root = folder_, .progress = [&](std::uint64_t, std::uint64_t) { decoded = true; }});
    EXPECT_TRUE(set->images.equal(original_));
    return decoded;
  }
  torch::Tensor original_;
};

TEST_F(Cache, ASecondReadingDecodesNothing) {
  EXPECT_EQ(cache_files().size(), 1U);
  EXPECT_FALSE(decodes());
  EXPECT_TRUE(folder()->images.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_F(Cache, AnyDamagedByteMeansDecodingAgain) {
  const std::string intact = contents(cache_file());
  for (std::size_t i = 0; i < intact.size(); i += 61) {
    std::string bytes = intact;
    bytes[i] = static_cast<char>(bytes[i] ^ 4);
    write_bytes(cache_file(), bytes);
    SCOPED_TRACE(i);
    EXPECT_TRUE(decodes());
    EXPECT_EQ(contents(cache_file()), intact) << "the cache is made anew";
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{5}, intact.size() - 1}) {
    write_bytes(cache_file(), intact.substr(0, length));
    EXPECT_TRUE(decodes());
  }
}

TEST_F(Cache, ChangedAddedAndRemovedFilesMeanDecodingAgain) {
  const auto file = folder_ / "p/b/2.png";
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  EXPECT_TRUE(decodes());
  EXPECT_FALSE(decodes());
  add("b/3.png", 3);
  EXPECT_EQ(folder()->size(), 3);
  fs::remove(folder_ / "p/b/3.png");
  EXPECT_EQ(folder()->size(), 2);
  save("p/b/2.png", test_picture(32, 32, 7));
  expect_image(folder()->images, 1, 1, 7);
}

TEST_F(Cache, OtherOptionsHaveFilesOfTheirOwn) {
  folder("{size: 16}");
  folder("{fit: stretch}");
  EXPECT_EQ(cache_files().size(), 3U);
  EXPECT_FALSE(decodes());
}

TEST_F(Cache, NothingIsWrittenWhenTurnedOffOrForAPart) {
  fs::remove_all(folder_ / "cache");
  folder("{cache: false}");
  EXPECT_EQ(folder("{limit: 1}")->size(), 1);
  EXPECT_THAT(cache_files(), IsEmpty());
}

TEST_F(Cache, AFileThatAKilledProcessWasWritingGoesWithTheNextThatIsWrittenWhateverItsNumber) {
  const std::string name = cache_files().at(0);
  fs::remove(cache_file());
  write("cache/cebm/." + name + ".tmp-1", "process 1 always lives");
  write("cache/cebm/." + name + ".1.tmp", "as earlier versions call it");
  write("cache/cebm/.pictures-other.safetensors.tmp-1", "not this one's");
  EXPECT_TRUE(decodes());
  EXPECT_THAT(cache_files(), testing::UnorderedElementsAre(name, ".pictures-other.safetensors.tmp-1"));
}

TEST_F(Cache, AFileThatAnotherProcessIsWritingIsLeftToIt) {
  const std::string name = cache_files().at(0);
  fs::remove(cache_file());
  const auto other = Lock::take(folder_ / "cache/cebm" / fs::path(name).replace_extension(".lock"));
  ASSERT_TRUE(other);
  write("cache/cebm/." + name + ".tmp-1", "half of it");
  EXPECT_TRUE(decodes());
  EXPECT_FALSE(fs::exists(folder_ / "cache/cebm" / name));
  EXPECT_TRUE(fs::exists(folder_ / "cache/cebm" / ("." + name + ".tmp-1")));
}

TEST_F(Cache, APlaceThatCannotBeWrittenIsDoneWithout) {
  fs::remove_all(folder_ / "cache");
  write("cache", "a file where the folder would be");
  EXPECT_TRUE(decodes());
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", (folder_ / "home").c_str(), 1);
  EXPECT_TRUE(decodes());
  EXPECT_TRUE(fs::exists(folder_ / "home/.cache/cebm"));
  EXPECT_FALSE(decodes());
}

}  // namespace
}  // namespace cebm
