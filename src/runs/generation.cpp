#include <c10/core/GradMode.h>
#include <cebm/errors.h>
#include <cebm/generation.h>
#include <cebm/tiles.h>

#include <string>

namespace cebm {

namespace {

constexpr std::int64_t kTogether = 256;  // images at a time: a multiple of kTileSize

Generator& generator_of(const OpenedRun& run) {
  auto* const generator = dynamic_cast<Generator*>(run.model.get());
  if (generator == nullptr) throw ConfigError("this run's model generates no images from latent codes");
  return *generator;
}

torch::Tensor generate(const OpenedRun& run, const torch::Tensor& z) {
  std::vector<torch::Tensor> images;
  for (const torch::Tensor& part : z.split(kTogether)) {
    images.push_back(map_rows(part, [&](const torch::Tensor& codes, std::int64_t) {
      return to_symmetric(generator_of(run).generate(codes), run.model->pixel_range()).to(torch::kCPU);
    }));
  }
  return torch::cat(images);
}

}  // namespace

torch::Tensor draw_from_prior(const OpenedRun& run, const GenerationRequest& request, torch::Device device) {
  const torch::NoGradGuard no_graph;
  if (request.count < 1) throw ConfigError("count: expected at least 1, found " + std::to_string(request.count));
  const LatentDistribution prior = generator_of(run).prior();
  const RandomKey key{request.seed, Stream::latent, /*step=*/0};
  if (request.components.empty()) return generate(run, prior.expand(request.count).sample(key).to(device));

  // The noise depends on the component's own number, so its images do not depend on the other components drawn.
  std::vector<torch::Tensor> images;
  for (const std::int64_t component : request.components) {
    if (component < 0 || component >= prior.components()) {
      throw ConfigError("component " + std::to_string(component) + ": the prior has components 0 .. " +
                        std::to_string(prior.components() - 1));
    }
    const auto first = static_cast<std::uint32_t>(component * request.count);
    images.push_back(generate(run, prior.component(component).expand(request.count).sample(key, first).to(device)));
  }
  return torch::cat(images);
}

torch::Tensor reconstruct(const OpenedRun& run, const torch::Tensor& bytes, torch::Device device) {
  const torch::NoGradGuard no_graph;
  const ImageShape shape{bytes.size(1), bytes.size(2), bytes.size(3)};
  require_image_shape(*run.model, shape, "the images to reconstruct");
  std::vector<torch::Tensor> codes;
  for (const torch::Tensor& part : bytes.split(kTogether)) {
    codes.push_back(map_rows(to_float(part.to(device), run.model->pixel_range()),
                             [&](const torch::Tensor& images, std::int64_t) { return run.model->latent(images); }));
  }
  return generate(run, torch::cat(codes));
}

torch::Tensor pair_rows(const torch::Tensor& above, const torch::Tensor& below, std::int64_t columns) {
  const auto as_rows = [columns](const torch::Tensor& images) {
    const std::int64_t rows = (images.size(0) + columns - 1) / columns;
    torch::Tensor full = torch::full({rows * columns, images.size(1), images.size(2), images.size(3)}, -1.0F);
    full.narrow(0, 0, images.size(0)).copy_(images);
    return full.unflatten(0, {rows, columns});
  };
  return torch::stack({as_rows(above), as_rows(below)}, 1).flatten(0, 2);
}

}  // namespace cebm
