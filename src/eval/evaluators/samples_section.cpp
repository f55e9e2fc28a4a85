#include <cebm/image_io.h>
#include <cebm/report.h>
#include <cebm/samples_result.h>

#include "base/fixed_text.h"
#include "eval/evaluators/samples.h"

namespace cebm {

namespace {

std::vector<std::string> quality_row(const std::string& name, std::int64_t images, const SampleQuality& quality) {
  return {name,
          std::to_string(images),
          fixed_text(quality.frechet, 3),
          plus_minus_text(quality.kernel.value, quality.kernel.standard_error, 4),
          fixed_text(quality.precision, 3),
          fixed_text(quality.recall, 3),
          fixed_text(quality.density, 3),
          fixed_text(quality.coverage, 3)};
}

}  // namespace

void samples_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const SamplesResult result = SamplesResult::from_json(finished.result);
  const bool of_validation = result.validation > 0;
  std::string accuracy;
  if (result.classifier_accuracy) {
    accuracy = ", which is right on " + fixed_text(100.0 * *result.classifier_accuracy, 1) + "% of the " +
               (of_validation ? "validation" : "test") + " images";
  }
  report.paragraph("How near samples are to " + std::to_string(result.test_images) +
                   (of_validation ? " training images (validation), not to test images, in " : " test images, in ") +
                   result.features + accuracy +
                   ". Below each row as many training images as there are, up to the number of samples, which no "
                   "samples can be expected to beat. The distances are those of the FID and the KID in this feature "
                   "space: their numbers compare runs on one data set "
                   "with each other and with nothing else.");
  std::vector<std::vector<std::string>> rows;
  for (const SamplesResult::Source& source : result.sources) {
    rows.push_back(quality_row(source.from, source.images, source.quality));
    rows.push_back(quality_row("training images", source.floor_images, source.floor));
  }
  report.table({"images", "number", "Frechet distance", "kernel distance ± standard error", "precision", "recall",
                "density", "coverage"},
               rows);
  std::vector<std::pair<Picture, std::string>> pictures;
  for (const SamplesResult::Source& source : result.sources) {
    pictures.emplace_back(read_png(finished.directory / ("samples_" + source.name + ".png")), source.from);
  }
  report.pictures(pictures);
  if (result.classifier_accuracy) report.figure(finished.directory / "class_shares.svg");
}

}  // namespace cebm
