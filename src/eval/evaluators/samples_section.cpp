#include <cebm/image_io.h>
#include <cebm/report.h>
#include <cebm/samples_result.h>

#include <cstdio>

#include "eval/evaluators/samples.h"

namespace cebm {

namespace {

std::vector<std::string> quality_row(const std::string& name, std::int64_t images, const SampleQuality& quality) {
  const auto text = [](const char* format, auto... values) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return std::string(buffer);
  };
  return {name,
          std::to_string(images),
          text("%.3f", quality.frechet),
          text("%.4f ± %.4f", quality.kernel.value, quality.kernel.standard_error),
          text("%.3f", quality.precision),
          text("%.3f", quality.recall),
          text("%.3f", quality.density),
          text("%.3f", quality.coverage)};
}

}  // namespace

void samples_section(const FinishedEvaluation& finished, HtmlReport& report) {
  const SamplesResult result = SamplesResult::from_json(finished.result);
  char accuracy[64] = "";
  if (result.classifier_accuracy) {
    std::snprintf(accuracy, sizeof accuracy, ", which is right on %.1f%% of the test images",
                  100.0 * *result.classifier_accuracy);
  }
  report.paragraph("How near samples are to " + std::to_string(result.test_images) + " test images, in " +
                   result.features + accuracy +
                   ". Below each row as many training images, which no samples can be expected to beat. The distances "
                   "are those of the FID and the KID in this feature space: their numbers compare runs on one data set "
                   "with each other and with nothing else.");
  std::vector<std::vector<std::string>> rows;
  for (const SamplesResult::Source& source : result.sources) {
    rows.push_back(quality_row(source.from, source.images, source.quality));
    rows.push_back(quality_row("training images", source.images, source.floor));
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
