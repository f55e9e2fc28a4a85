#include "eval/evaluators/image_table.h"

#include <cebm/files.h>

#include <charconv>

namespace cebm {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

template <class Number>
void append_number(std::string& text, Number value) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// ",x,y" of one image.
template <class Number>
void append_values(std::string& text, const torch::Tensor& values, std::int64_t image, std::int64_t width) {
  const auto* value = values.const_data_ptr<Number>() + image * width;
  for (std::int64_t d = 0; d < width; ++d) {
    text += ',';
    append_number(text, value[d]);
  }
}

std::string header(const std::vector<ImageColumn>& columns) {
  std::string text = "image";
  for (const auto& [name, values] : columns) {
    if (values.dim() == 1) text += "," + name;
    for (std::int64_t d = 0; values.dim() > 1 && d < values.size(1); ++d) text += "," + name + "_" + std::to_string(d);
  }
  return text + "\n";
}

}  // namespace

void write_image_table(const std::filesystem::path& file, const std::vector<ImageColumn>& columns) {
  std::vector<torch::Tensor> dense;
  for (const auto& [name, values] : columns) dense.push_back(values.contiguous());
  const std::int64_t images = dense.empty() ? 0 : dense.front().size(0);
  write_file_atomically(file, [&](const Append& append) {
    std::string text = header(columns);
    for (std::int64_t i = 0; i < images; ++i) {
      append_number(text, i);
      for (const torch::Tensor& values : dense) {
        const std::int64_t width = values.dim() == 1 ? 1 : values.size(1);
        if (values.scalar_type() == torch::kInt64) {
          append_values<std::int64_t>(text, values, i, width);
        } else {
          append_values<float>(text, values, i, width);
        }
      }
      text += '\n';
      if (text.size() < kBufferBytes) continue;
      append(text);
      text.clear();
    }
    append(text);
  });
}

}  // namespace cebm
