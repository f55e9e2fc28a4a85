#include <cebm/errors.h>
#include <cebm/evaluation.h>

#include <algorithm>

namespace cebm {

void evaluate(Model& model, Evaluator& evaluator, const Dataset& data, std::int64_t batch_size, torch::Device device,
              const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  require_image_shape(model, data.image_shape(), "data set " + data.name);
  for (std::int64_t begin = 0; begin < data.size(); begin += batch_size) {
    const std::int64_t size = std::min(batch_size, data.size() - begin);
    evaluator.add(to_float(data.images.narrow(0, begin, size).to(device), model.pixel_range()),
                  data.labels.narrow(0, begin, size));
    if (progress) progress(static_cast<std::uint64_t>(begin + size), static_cast<std::uint64_t>(data.size()));
  }
}

}  // namespace cebm
