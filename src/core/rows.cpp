#include "core/rows.h"

#include <sstream>
#include <stdexcept>

namespace cebm {

kernels::Rows rows_of(const torch::Tensor& out, const torch::Tensor& chains, const char* function) {
  const auto refuse = [&](const auto&... parts) {
    std::ostringstream message;
    message << function << ": ";
    (message << ... << parts);
    throw std::invalid_argument(message.str());
  };
  if (!out.defined() || out.dim() == 0) refuse("expected a tensor [B, ...], found none or a scalar");
  if (out.scalar_type() != torch::kFloat32) refuse("expected float32, found ", out.scalar_type());
  if (!out.device().is_cpu() && !out.device().is_cuda()) refuse("expected CPU or CUDA, found ", out.device());
  const auto format = out.dim() == 4 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  if (!out.is_contiguous(format)) {
    refuse("expected a dense", out.dim() == 4 ? ", channels-last" : "", " tensor, found shape ", out.sizes(),
           " with strides ", out.strides());
  }
  if (!chains.defined()) refuse("expected chains [", out.size(0), "], found none");
  if (chains.scalar_type() != torch::kInt64) refuse("expected int64 chains, found ", chains.scalar_type());
  if (chains.dim() != 1 || chains.size(0) != out.size(0) || !chains.is_contiguous()) {
    refuse("expected dense chains [", out.size(0), "], found shape ", chains.sizes());
  }
  if (chains.device() != out.device()) refuse("expected chains on ", out.device(), ", found ", chains.device());
  return {.count = out.size(0), .length = out.size(0) == 0 ? 0 : out.numel() / out.size(0)};
}

}  // namespace cebm
