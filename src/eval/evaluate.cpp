#include <cebm/errors.h>
#include <cebm/evaluation.h>

#include <algorithm>

namespace cebm {

namespace {

std::string describe(ImageShape shape) {
  return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" + std::to_string(shape.width);
}

}  // namespace

void evaluate(Model& model, Evaluator& evaluator, const Dataset& data, std::int64_t batch_size, torch::Device device,
              const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  if (data.image_shape() != model.image_shape()) {
    throw ConfigError("data set " + data.name + " has images of " + describe(data.image_shape()) +
                      ", the model expects " + describe(model.image_shape()));
  }
  for (std::int64_t begin = 0; begin < data.size(); begin += batch_size) {
    const std::int64_t size = std::min(batch_size, data.size() - begin);
    evaluator.add(to_float(data.images.narrow(0, begin, size).to(device), model.pixel_range()),
                  data.labels.narrow(0, begin, size));
    if (progress) progress(static_cast<std::uint64_t>(begin + size), static_cast<std::uint64_t>(data.size()));
  }
}

}  // namespace cebm
