#include <cebm/dataset.h>

#include <algorithm>

#include "data/byte_stream.h"
#include "data/limit.h"
#include "data/rows.h"
#include "data/set_files.h"
#include "io/describe_content.h"

namespace cebm {

namespace {

constexpr std::int64_t kSide = 32;
constexpr std::int64_t kChannels = 3;
constexpr std::int64_t kPixels = kSide * kSide;
constexpr std::int64_t kRecord = 1 + kChannels * kPixels;  // label, red plane, green plane, blue plane
constexpr std::int64_t kBlock = 32;                        // records read at a time
constexpr std::int64_t kTrainFiles = 5;
constexpr std::int64_t kRecordsOfFile = 10000;  // of each file as published

const std::vector<std::string> kClasses = {"airplane", "automobile", "bird",  "cat",  "deer",
                                           "dog",      "frog",       "horse", "ship", "truck"};

/// Images in channels-last layout, [n, 32, 32, 3], and their labels; memory grows with the bytes that are read.
class Records {
 public:
  /// Appends the records of a file, at most `most`. Returns their number.
  std::int64_t append(const std::filesystem::path& file, std::int64_t most) {
    ByteStream stream(file);
    std::vector<std::uint8_t> block(static_cast<std::size_t>(kBlock * kRecord));
    std::int64_t count = 0;
    while (count < most) {
      const std::int64_t start = stream.position();
      const std::int64_t got = stream.read(block.data(), std::min(kBlock, most - count) * kRecord);
      if (start == 0) check_content(block, got, stream);
      if (got % kRecord != 0) {
        const std::int64_t whole = got / kRecord * kRecord;
        stream.fail(start + whole, "expected a record of " + std::to_string(kRecord) +
                                       " bytes (label and 32 x 32 RGB pixels), found " + std::to_string(got - whole));
      }
      if (got == 0) break;
      for (std::int64_t i = 0; i < got / kRecord; ++i) add(block.data() + i * kRecord, stream, start + i * kRecord);
      count += got / kRecord;
    }
    return count;
  }

  std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }

  torch::Tensor images() const {
    torch::Tensor images = at::empty({size(), kSide, kSide, kChannels}, at::kByte);
    auto* out = images.data_ptr<std::uint8_t>();
    for (const auto& chunk : chunks_) out = std::copy(chunk.begin(), chunk.end(), out);
    return images.permute({0, 3, 1, 2});
  }

  torch::Tensor labels() const { return at::tensor(labels_, at::kLong); }

 private:
  /// Throws if the content is recognised as anything other than records.
  static void check_content(const std::vector<std::uint8_t>& block, std::int64_t got, const ByteStream& stream) {
    const auto all_zero = [](std::uint8_t byte) { return byte == 0; };
    const bool starts_with_zeros = std::all_of(block.begin(), block.begin() + std::min(got, kRecord), all_zero);
    if (got >= kRecord && block[0] < kClasses.size() && !starts_with_zeros) return;
    const std::string content =
        describe_content({reinterpret_cast<const char*>(block.data()), static_cast<std::size_t>(got)});
    if (content != kUnknownContent)
      stream.fail(0, "expected records of " + std::to_string(kRecord) +
                         " bytes (label and 32 x 32 RGB pixels), found " + content);
  }

  void add(const std::uint8_t* record, const ByteStream& stream, std::int64_t offset) {
    if (record[0] >= kClasses.size()) {
      stream.fail(offset, "expected a label of 0 .. 9, found " + std::to_string(record[0]));
    }
    labels_.push_back(record[0]);
    if (chunks_.empty() || chunks_.back().size() == chunks_.back().capacity()) {
      chunks_.emplace_back().reserve(static_cast<std::size_t>(kBlock * kChannels * kPixels));
    }
    auto& pixels = chunks_.back();
    for (std::int64_t p = 1; p <= kPixels; ++p) {
      for (std::int64_t c = 0; c < kChannels; ++c) pixels.push_back(record[c * kPixels + p]);
    }
  }

  std::vector<std::vector<std::uint8_t>> chunks_;
  std::vector<std::int64_t> labels_;
};

std::vector<std::vector<std::string>> file_names(const std::string& split, std::int64_t batches) {
  if (split == "test") return {{"test_batch.bin", "test_batch.bin.gz"}};
  std::vector<std::vector<std::string>> names;
  for (std::int64_t i = 1; i <= batches; ++i) {
    const std::string name = "data_batch_" + std::to_string(i) + ".bin";
    names.push_back({name, name + ".gz"});
  }
  return names;
}

std::shared_ptr<Dataset> load(const Cifar10Options& options, const DataContext& context) {
  require_split("cifar10", context.split, {"train", "test"});
  const auto files = find_set_files(
      {.set = "cifar10",
       .names = file_names(context.split, options.batches),
       .subfolders = {"", "cifar-10-batches-bin"},
       .how_to_get = "Get it by cebm-data fetch cifar10, or unpack the set's cifar-10-binary.tar.gz into data/cifar10, "
                     "or name its folder with --data-root or CEBM_DATA. With the first files only, say how many: "
                     "batches: 1."},
      data_folders("cifar10", context));
  Records records;
  const std::int64_t most = limited(std::numeric_limits<std::int64_t>::max(), options.limit);
  std::vector<std::string> warnings;
  for (const auto& file : files) {
    const std::int64_t wanted = most - records.size();
    const std::int64_t found = records.append(file, wanted);
    if (found == wanted || found == kRecordsOfFile) continue;  // the limit ended the reading, or the file is whole
    warnings.push_back(file.string() + ": expected " + std::to_string(kRecordsOfFile) + " records, found " +
                       std::to_string(found) + ": not the whole set");
  }
  return std::make_shared<Dataset>(Dataset{.name = "cifar10",
                                           .split = context.split,
                                           .images = records.images(),
                                           .labels = records.labels(),
                                           .classes = kClasses,
                                           .files = files,
                                           .warnings = std::move(warnings)});
}

}  // namespace

void Cifar10Options::fields(Fields& visit) {
  visit.integer("batches", batches, {1, kTrainFiles},
                "how many of the five files of the training split are read, from data_batch_1.bin on");
  visit_limit(visit, limit);
}

DatasetEntry cifar10() {
  return with_image_shape(
      make_entry<Cifar10Options, DatasetEntry>(
          "cifar10", "objects, 50,000 + 10,000 RGB images of 32 x 32, binary version (Krizhevsky 2009)",
          "{batches: 1, limit: 100}", load),
      ImageShape{kChannels, kSide, kSide});
}

}  // namespace cebm
