#include "tensorboard/summary.h"

#include <cebm/errors.h>

#include <algorithm>
#include <cmath>

namespace cebm {

namespace {

// Numbers of fields in tensorboard/compat/proto and plugins/hparams/plugin_data.proto.
namespace event_field {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5;
}
namespace summary_field {
constexpr int kValue = 1;
}
namespace value_field {
constexpr int kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5, kTensor = 8, kMetadata = 9;
}
namespace image_field {
constexpr int kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4;
}
namespace histogram_field {
constexpr int kMin = 1, kMax = 2, kCount = 3, kSum = 4, kSumOfSquares = 5, kUpperEdges = 6, kCounts = 7;
}
namespace metadata_field {
constexpr int kPlugin = 1, kPluginName = 1, kPluginContent = 2;
}
namespace tensor_field {
constexpr int kType = 1, kShape = 2, kStrings = 8, kDim = 2, kDimSize = 1, kTypeString = 7;
}
namespace hparams_field {
constexpr int kStart = 3, kParameters = 1, kKey = 1, kMapValue = 2, kNumber = 2, kString = 3, kBool = 4;
}

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kPngHeaderBytes = 33;  // signature and the first chunk, which is the header

std::uint32_t big_endian_at(std::string_view bytes, std::size_t place) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | static_cast<std::uint8_t>(bytes[place + i]);
  return number;
}

Message tagged(const std::string& tag) { return std::move(Message().bytes(value_field::kTag, tag)); }

Message plugin(std::string_view name, const Message& content) {
  Message data;
  data.bytes(metadata_field::kPluginName, name).message(metadata_field::kPluginContent, content);
  return std::move(Message().message(metadata_field::kPlugin, data));
}

Message json_value(const HyperParameter& value) {
  Message message;
  if (const double* number = std::get_if<double>(&value)) message.real(hparams_field::kNumber, *number);
  if (const bool* truth = std::get_if<bool>(&value)) message.integer(hparams_field::kBool, *truth ? 1 : 0);
  if (const std::string* text = std::get_if<std::string>(&value)) message.bytes(hparams_field::kString, *text);
  return message;
}

}  // namespace

SummaryValue scalar_value(const std::string& tag, double value) {
  return std::move(tagged(tag).real32(value_field::kSimpleValue, static_cast<float>(value)));
}

SummaryValue image_value(const std::string& tag, std::string_view png) {
  constexpr std::uint8_t kGrey = 0, kRgb = 2;
  const std::uint8_t kind = png.size() < kPngHeaderBytes ? 255 : static_cast<std::uint8_t>(png[25]);
  if (!png.starts_with(kPngSignature) || (kind != kGrey && kind != kRgb)) {
    throw DataError("expected a grey or RGB picture in PNG, found something else");
  }
  Message image;
  image.integer(image_field::kHeight, big_endian_at(png, 20))
      .integer(image_field::kWidth, big_endian_at(png, 16))
      .integer(image_field::kColorspace, kind == kGrey ? 1 : 3)
      .bytes(image_field::kEncoded, png);
  return std::move(tagged(tag).message(value_field::kImage, image));
}

SummaryValue histogram_value(const std::string& tag, std::span<const double> values) {
  constexpr std::size_t kBins = 30;
  std::vector<double> finite;
  std::ranges::copy_if(values, std::back_inserter(finite), [](double value) { return std::isfinite(value); });
  double low = 0.0, high = 0.0, sum = 0.0, squares = 0.0;
  if (!finite.empty()) {
    low = std::ranges::min(finite);
    high = std::ranges::max(finite);
  }
  // TensorBoard does not show a bin of zero width.
  const double width = high > low ? (high - low) / kBins : 1.0 / kBins;
  std::vector<double> edges(kBins), counts(kBins, 0.0);
  for (std::size_t bin = 0; bin < kBins; ++bin) edges[bin] = low + width * static_cast<double>(bin + 1);
  edges.back() = std::max(edges.back(), high);
  for (const double value : finite) {
    sum += value;
    squares += value * value;
    const auto bin = std::ranges::upper_bound(edges, value) - edges.begin();
    ++counts[std::min(static_cast<std::size_t>(bin), kBins - 1)];
  }
  Message histogram;
  histogram.real(histogram_field::kMin, low)
      .real(histogram_field::kMax, high)
      .real(histogram_field::kCount, static_cast<double>(finite.size()))
      .real(histogram_field::kSum, sum)
      .real(histogram_field::kSumOfSquares, squares)
      .reals(histogram_field::kUpperEdges, edges)
      .reals(histogram_field::kCounts, counts);
  return std::move(tagged(tag).message(value_field::kHistogram, histogram));
}

SummaryValue text_value(const std::string& tag, const std::string& markdown) {
  Message size, shape, tensor;
  size.integer(tensor_field::kDimSize, 1);
  shape.message(tensor_field::kDim, size);
  tensor.integer(tensor_field::kType, tensor_field::kTypeString)
      .message(tensor_field::kShape, shape)
      .bytes(tensor_field::kStrings, markdown);
  return std::move(tagged(tag + "/text_summary")
                       .message(value_field::kTensor, tensor)
                       .message(value_field::kMetadata, plugin("text", {})));
}

SummaryValue hyper_parameters_value(const std::vector<std::pair<std::string, HyperParameter>>& parameters) {
  Message start;
  for (const auto& [name, value] : parameters) {
    Message entry;
    entry.bytes(hparams_field::kKey, name).message(hparams_field::kMapValue, json_value(value));
    start.message(hparams_field::kParameters, entry);
  }
  const Message content = std::move(Message().message(hparams_field::kStart, start));
  return std::move(tagged("_hparams_/session_start_info").message(value_field::kMetadata, plugin("hparams", content)));
}

std::string event_of(std::uint64_t step, const std::vector<SummaryValue>& values) {
  Message summary;
  for (const SummaryValue& value : values) summary.message(summary_field::kValue, value);
  Message event;
  event.real(event_field::kWallTime, static_cast<double>(step));
  if (step > 0) event.integer(event_field::kStep, step);
  return event.message(event_field::kSummary, summary).encoded();
}

std::string first_event() {
  return Message().real(event_field::kWallTime, 0.0).bytes(event_field::kFileVersion, "brain.Event:2").encoded();
}

std::uint64_t step_of_event(std::string_view event) { return integer_field(event, event_field::kStep).value_or(0); }

}  // namespace cebm
