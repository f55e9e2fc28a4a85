#include <cebm/objective.h>

#include "core/upload.h"

namespace cebm {

StartImages start_images(const std::shared_ptr<const Dataset>& data, torch::Device device) {
  if (!data) return {};
  return {data->size(), [data, device](const torch::Tensor& rows) {
            // index_select gives plain contiguous tensors: select in NHWC and permute back.
            const torch::Tensor bytes = data->images.permute({0, 2, 3, 1}).index_select(0, rows).permute({0, 3, 1, 2});
            return to_float(uploaded(bytes, device));
          }};
}

}  // namespace cebm
