#include "io/tensor_checksum.h"

#include <cebm/files.h>

#include <algorithm>

#include "base/digest.h"

namespace cebm {

namespace {

constexpr std::int64_t kBytesAtATime = std::int64_t{1} << 24;  // a copy of a whole large set might not fit in memory

}  // namespace

std::string checksum(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.dim() == 0 ? tensor.detach().view({1}) : tensor.detach();
  const std::int64_t rows = values.size(0);
  const auto bytes = static_cast<std::int64_t>(values.nbytes());
  const std::int64_t at_a_time = bytes == 0 ? 1 : std::max<std::int64_t>(1, kBytesAtATime * rows / bytes);
  Digest digest(Digest::Kind::sha256);
  for (std::int64_t first = 0; first < rows; first += at_a_time) {
    const torch::Tensor part = values.narrow(0, first, std::min(at_a_time, rows - first)).to(torch::kCPU).contiguous();
    digest.update({static_cast<const char*>(part.const_data_ptr()), part.nbytes()});
  }
  return digest.hex();
}

std::string checksum(const State& state) {
  std::string lines;
  for (const auto& [name, tensor] : state.tensors) lines += name + " " + checksum(tensor) + "\n";
  return sha256(lines);
}

}  // namespace cebm
