#include "data/mnist_like.h"

#include <cebm/files.h>

#include "data/loading.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::uint32_t kCount = 12;

const MnistLike kDigits = {.name = "digits",
                           .summary = "a set for tests",
                           .classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                           .how_to_get = "Make it."};

/// `count` images of one grey value each: its number.
std::string images(std::uint32_t count, std::uint32_t side = 28) {
  std::string bytes = idx_header({count, side, side});
  for (std::uint32_t i = 0; i < count; ++i) bytes += std::string(side * side, static_cast<char>(i));
  return bytes;
}

/// Labels 0, 1, ... 9, 0, 1, ...
std::string labels(std::uint32_t count) {
  std::string bytes = idx_header({count});
  for (std::uint32_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 10);
  return bytes;
}

class MnistLikeFiles : public FolderTest {
 protected:
  Dataset load(const std::string& split = "train", std::int64_t limit = 0) const {
    return load_mnist_like(kDigits, {folder_ / "absent", folder_}, split, limit);
  }
  std::string refused() const {
    return message_of<DataError>([this] { load(); });
  }
};

TEST_F(MnistLikeFiles, ImagesAndLabelsStandTogether) {
  write("train-images-idx3-ubyte", images(kCount));
  write("train-labels-idx1-ubyte", labels(kCount));
  const Dataset set = load();
  EXPECT_EQ(set.name, "digits");
  EXPECT_EQ(set.split, "train");
  EXPECT_EQ(set.size(), kCount);
  EXPECT_EQ(set.image_shape(), (ImageShape{1, 28, 28}));
  EXPECT_EQ(set.images.scalar_type(), at::kByte);
  EXPECT_EQ(set.labels.scalar_type(), at::kLong);
  EXPECT_THAT(set.classes, SizeIs(10));
  EXPECT_EQ(set.files, (std::vector<std::filesystem::path>{folder_ / "train-images-idx3-ubyte",
                                                           folder_ / "train-labels-idx1-ubyte"}));
  for (std::int64_t i = 0; i < kCount; ++i) {
    EXPECT_TRUE(set.images[i].eq(i).all().item<bool>()) << i;
    EXPECT_EQ(set.labels[i].item<std::int64_t>(), i % 10);
  }
}

TEST_F(MnistLikeFiles, DottedAndCompressedNamesAreFound) {
  write("t10k-images.idx3-ubyte.gz", gz(images(kCount)));
  write("t10k-labels.idx1-ubyte", labels(kCount));
  EXPECT_EQ(load("test").size(), kCount);
}

TEST_F(MnistLikeFiles, SplitsReadTheirOwnFiles) {
  write("train-images-idx3-ubyte", images(kCount));
  write("train-labels-idx1-ubyte", labels(kCount));
  write("t10k-images-idx3-ubyte", images(3));
  write("t10k-labels-idx1-ubyte", labels(3));
  EXPECT_EQ(load("train").size(), kCount);
  EXPECT_EQ(load("test").size(), 3);
  EXPECT_THAT(message_of<ConfigError>([this] { load("valid"); }), HasSubstr("found 'valid'"));
}

TEST_F(MnistLikeFiles, LimitKeepsTheFirstImagesAndTheirLabels) {
  write("train-images-idx3-ubyte", images(kCount));
  write("train-labels-idx1-ubyte", labels(kCount));
  const Dataset set = load("train", 5);
  ASSERT_EQ(set.size(), 5);
  EXPECT_EQ(set.labels.size(0), 5);
  EXPECT_TRUE(set.images[4].eq(4).all().item<bool>());
  EXPECT_EQ(set.images.storage().nbytes(), 5U * 28 * 28) << "the other images are still held";
  EXPECT_EQ(load("train", 1000).size(), kCount);
}

TEST_F(MnistLikeFiles, FolderWithHalfOfASetIsPassedOver) {
  const auto half = folder_ / "half";
  std::filesystem::create_directory(half);
  write("half/train-images-idx3-ubyte", images(1));
  write("train-images-idx3-ubyte", images(kCount));
  write("train-labels-idx1-ubyte", labels(kCount));
  EXPECT_EQ(load_mnist_like(kDigits, {half, folder_}, "train", 0).size(), kCount);
}

TEST_F(MnistLikeFiles, AFolderThatBearsAFilesNameDoesNotHideTheFile) {
  std::filesystem::create_directories(folder_ / "train-images-idx3-ubyte");
  std::filesystem::create_directories(folder_ / "train-labels-idx1-ubyte");
  EXPECT_THAT(refused(), HasSubstr("(without train-images-idx3-ubyte and train-labels-idx1-ubyte; "
                                   "train-images-idx3-ubyte is a folder; train-labels-idx1-ubyte is a folder)"));
  write("train-images.idx3-ubyte", images(kCount));
  write("train-labels-idx1-ubyte.gz", gz(labels(kCount)));
  EXPECT_EQ(load().size(), kCount);
}

TEST_F(MnistLikeFiles, AFileInAFolderOfItsNameIsRead) {
  for (const std::string name : {"train-images-idx3-ubyte", "train-labels.idx1-ubyte"}) {
    std::filesystem::create_directories(folder_ / name);
    write(name + "/" + name, name.find("images") == std::string::npos ? labels(kCount) : images(kCount));
  }
  EXPECT_EQ(load().size(), kCount);
  EXPECT_EQ(load().files.front(), folder_ / "train-images-idx3-ubyte/train-images-idx3-ubyte");
}

TEST_F(MnistLikeFiles, MissingSetListsEveryFolderAndTheRemedy) {
  write("train-images-idx3-ubyte", images(kCount));
  EXPECT_THAT(refused(),
              AllOf(HasSubstr("data set digits"), HasSubstr("\n  " + (folder_ / "absent").string() + "\n"),
                    HasSubstr(folder_.string() + " (without train-labels-idx1-ubyte)"), HasSubstr("Make it.")));
}

TEST_F(MnistLikeFiles, DifferentCountsAreRefused) {
  write("train-images-idx3-ubyte", images(kCount));
  const auto file = write("train-labels-idx1-ubyte", labels(kCount - 1));
  EXPECT_THAT(refused(), AllOf(HasSubstr(file.string() + ": at byte 4: expected 12 labels"), HasSubstr("found 11")));
}

TEST_F(MnistLikeFiles, LabelsThatAreNoClassAreRefusedAtTheirOffset) {
  write("train-images-idx3-ubyte", images(kCount));
  std::string bytes = labels(kCount);
  bytes[8 + 7] = 10;
  const auto file = write("train-labels-idx1-ubyte", bytes);
  EXPECT_THAT(refused(),
              AllOf(HasSubstr(file.string() + ": at byte 15: "), HasSubstr("0 .. 9"), HasSubstr("found 10")));
}

TEST_F(MnistLikeFiles, ImagesOfAnotherSizeAreRefused) {
  const auto file = write("train-images-idx3-ubyte", images(kCount, 32));
  write("train-labels-idx1-ubyte", labels(kCount));
  EXPECT_THAT(refused(), AllOf(HasSubstr(file.string() + ": at byte 8: "), HasSubstr("found 32 x 32")));
}

TEST_F(MnistLikeFiles, LabelsOfAnotherPublishedSetAreRefused) {
  const std::string content = labels(kCount);
  write("train-images-idx3-ubyte", images(kCount));
  const auto file = write("train-labels-idx1-ubyte.gz", gz(content));
  DataSource source;
  source.name = "clothes";
  source.files.resize(1);
  source.files[0].name = "train-labels-idx1-ubyte.gz";
  source.files[0].content_sha256 = sha256(content);
  source.files[0].content_size = content.size();
  const auto load_beside = [&] { return load_mnist_like(kDigits, {folder_}, "train", 0, {source}).size(); };
  EXPECT_THAT(message_of<DataError>([&] { load_beside(); }),
              HasSubstr(file.string() + ": expected the labels of digits, found those of clothes"));
  write("train-labels-idx1-ubyte", content);
  EXPECT_THAT(message_of<DataError>([&] { load_beside(); }), HasSubstr("found those of clothes")) << "uncompressed";
  source.name = "digits";
  EXPECT_EQ(load_beside(), kCount) << "its own";
  source.name = "clothes";
  source.files[0].name = "emnist-mnist-train-labels-idx1-ubyte.gz";
  EXPECT_EQ(load_beside(), kCount) << "of files that cannot be taken for these";
  source.files[0].name = "train-labels-idx1-ubyte.gz";
  source.files[0].content_sha256 = sha256("others");
  EXPECT_EQ(load_beside(), kCount) << "nobody's";
}

TEST(DataFolders, RootComesFirstThenTheWorkingDirectoryThenPackages) {
  const auto folders = data_folders("fashion_mnist", {.root = "/somewhere"});
  ASSERT_GE(folders.size(), 4U);
  EXPECT_EQ(folders[0], "/somewhere/fashion_mnist");
  EXPECT_EQ(folders[1], "/somewhere");
  EXPECT_EQ(folders[2], std::filesystem::current_path() / "data/fashion_mnist");
  EXPECT_EQ(folders.back(), "/usr/share/datasets/fashion-mnist");
}

TEST(DataFolders, CebmDataIsTheRootWhereNoneIsGiven) {
  setenv("CEBM_DATA", "/tmp", 1);
  EXPECT_EQ(data_folders("mnist", {})[0], "/tmp/mnist");
  EXPECT_EQ(data_folders("mnist", {.root = "/somewhere"})[0], "/somewhere/mnist");
}

TEST(DataFolders, CebmDataThatIsNoFolderIsRefusedAndNotPassedOver) {
  for (const char* name : {"/no_such_folder", "~no_such_user/data"}) {
    setenv("CEBM_DATA", name, 1);
    EXPECT_THAT(message_of<ConfigError>([] { data_folders("mnist", {}); }), HasSubstr(name));
  }
}

TEST(DataFolders, NoRootMeansNoFolderOfTheRoot) {
  unsetenv("CEBM_DATA");
  const auto folders = data_folders("mnist", {});
  EXPECT_EQ(folders[0], std::filesystem::current_path() / "data/mnist");
  EXPECT_THAT(folders, Each(testing::ResultOf([](const std::filesystem::path& p) { return p.is_absolute(); }, true)));
}

class BuiltInSets : public SetTest {};

TEST_F(BuiltInSets, EveryMnistLikeRowReadsItsFolderUnderTheRoot) {
  for (const char* name : {"mnist", "fashion_mnist"}) {
    SCOPED_TRACE(name);
    write_mnist(folder_ / name, {.train = 12, .test = 3}, 4);
    const auto set = load(name);
    EXPECT_EQ(set->name, name);
    ASSERT_EQ(set->size(), 12);
    expect_image(set->images, 11, 4, 11);
    EXPECT_THAT(set->classes, SizeIs(10));
    EXPECT_EQ(load(name, "limit: 2", "test")->size(), 2);
  }
}

TEST(FashionMnist, IsNotReadAsMnist) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) GTEST_SKIP() << "Fashion-MNIST is not installed";
  for (const char* split : {"train", "test"}) {
    EXPECT_THAT(message_of<DataError>(
                    [&] { load_set("mnist", "{}", {.root = "/usr/share/datasets/fashion-mnist", .split = split}); }),
                HasSubstr("expected the labels of mnist, found those of fashion_mnist"));
  }
}

TEST(FashionMnist, InstalledSetHasItsKnownShapesAndMean) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) GTEST_SKIP() << "Fashion-MNIST is not installed";
  const auto registry = built_in_datasets();
  const auto& row = registry.find("fashion_mnist");
  const auto load = [&](const char* split) { return row.build(*row.options(Catalog{}), {.root = {}, .split = split}); };
  const auto train = load("train");
  EXPECT_EQ(train->images.sizes(), (std::vector<std::int64_t>{60000, 1, 28, 28}));
  EXPECT_NEAR(train->images.sum().item<double>() / static_cast<double>(train->images.numel()) / 255, 0.2860, 5e-5);
  EXPECT_TRUE(train->labels.bincount().eq(6000).all().item<bool>());
  EXPECT_EQ(train->classes[9], "Ankle boot");
  EXPECT_EQ(train->labels[0].item<std::int64_t>(), 9);
  const auto test = load("test");
  EXPECT_EQ(test->images.sizes(), (std::vector<std::int64_t>{10000, 1, 28, 28}));
  EXPECT_TRUE(test->labels.bincount().eq(1000).all().item<bool>());
}

}  // namespace
}  // namespace cebm
