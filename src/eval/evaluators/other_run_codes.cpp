#include "eval/evaluators/other_run_codes.h"

#include "eval/run/provenance.h"

namespace cebm {

OtherRunCodes::OtherRunCodes(std::filesystem::path directory, const Catalog& catalog, ImageShape image,
                             const std::function<void(const std::string&)>& message)
    : directory_(std::move(directory)), run_(open_run(directory_, catalog, torch::kCPU)) {
  for (const SkippedCheckpoint& skip : run_.skipped) {
    if (message) message("warning: skipped checkpoint " + skip.folder.string() + ": " + skip.reason);
  }
  require_image_shape(*run_.model, image, "run " + directory_.string() + ": images");
}

nlohmann::json OtherRunCodes::provenance() const { return run_provenance(run_); }

void OtherRunCodes::begin(const Dataset& data) {
  images_ = data.images;
  kept_ = std::make_unique<ColumnStore>(directory_ / "eval" / "columns" / (data.name + "_" + data.split),
                                        nlohmann::json{{"run", provenance()}, {"data", data_provenance(data)}});
}

torch::Tensor OtherRunCodes::latent(std::int64_t first, std::int64_t size, torch::Device device) {
  if (!source_) {
    run_.model->to(device);
    source_ = std::make_unique<ColumnSource>(*run_.model);
  }
  const torch::Tensor x = to_float(images_.narrow(0, first, size).to(device), run_.model->pixel_range());
  return kept_->rows("latent", *source_, x, first);
}

}  // namespace cebm
