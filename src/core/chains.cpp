#include <cebm/chains.h>
#include <cebm/random.h>

namespace cebm {

Chains make_chains(const torch::Tensor& images) {
  torch::Tensor x = images.detach().to(images.options().dtype(torch::kFloat32).requires_grad(false),
                                       /*non_blocking=*/false, /*copy=*/true, torch::MemoryFormat::ChannelsLast);
  const auto on_device = torch::TensorOptions(torch::kInt64).device(x.device());
  return {std::move(x), torch::arange(images.size(0), on_device)};
}

Chains noise_chains(std::int64_t count, ImageShape image, std::uint64_t seed, torch::Device device) {
  const torch::TensorOptions options = torch::TensorOptions(device).dtype(torch::kFloat32);
  Chains chains{
      torch::empty({count, image.channels, image.height, image.width}, options, torch::MemoryFormat::ChannelsLast),
      torch::arange(count, options.dtype(torch::kInt64))};
  fill_uniform(chains.x, {seed, Stream::chain_start, /*step=*/0}, chains.ids, -1.0F, 1.0F);
  return chains;
}

}  // namespace cebm
