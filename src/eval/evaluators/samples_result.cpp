#include <cebm/samples_result.h>

#include "base/json_field.h"

namespace cebm {

namespace {

nlohmann::json json_of(const SampleQuality& quality) {
  return {{"frechet", quality.frechet},
          {"kernel", {{"value", quality.kernel.value}, {"standard_error", quality.kernel.standard_error}}},
          {"precision", quality.precision},
          {"recall", quality.recall},
          {"density", quality.density},
          {"coverage", quality.coverage}};
}

SampleQuality read_quality(const JsonField& field) {
  const JsonField kernel = field.at("kernel");
  return {.frechet = field.at("frechet").number(),
          .kernel = {kernel.at("value").number(), kernel.at("standard_error").number()},
          .precision = field.at("precision").share(),
          .recall = field.at("recall").share(),
          .density = field.at("density").number(),
          .coverage = field.at("coverage").share()};
}

SamplesResult::Source read_source(const JsonField& field) {
  SamplesResult::Source source{field.at("name").text(), field.at("from").text(), field.at("images").count(),
                               read_quality(field.at("quality")), read_quality(field.at("floor"))};
  if (field.has("floor_images")) source.floor_images = field.at("floor_images").count();
  for (const JsonField& share : field.at("class_shares").items()) source.class_shares.push_back(share.share());
  return source;
}

}  // namespace

nlohmann::json SamplesResult::to_json() const {
  nlohmann::json json = {{"data", data},         {"test_images", test_images},
                         {"features", features}, {"classifier_accuracy", nullptr},
                         {"classes", classes},   {"sources", nlohmann::json::array()}};
  if (classifier_accuracy) json["classifier_accuracy"] = *classifier_accuracy;
  if (validation > 0) json["validation"] = validation;
  for (const Source& source : sources) {
    json["sources"].push_back({{"name", source.name},
                               {"from", source.from},
                               {"images", source.images},
                               {"quality", json_of(source.quality)},
                               {"floor", json_of(source.floor)},
                               {"floor_images", source.floor_images},
                               {"class_shares", source.class_shares}});
  }
  return json;
}

SamplesResult SamplesResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  SamplesResult result{field.at("data").text(), field.at("test_images").count(), field.at("features").text()};
  const JsonField accuracy = field.at("classifier_accuracy");
  if (!accuracy.is_null()) result.classifier_accuracy = accuracy.share();
  for (const JsonField& name : field.at("classes").items()) result.classes.push_back(name.text());
  for (const JsonField& source : field.at("sources").items()) result.sources.push_back(read_source(source));
  if (field.has("validation")) result.validation = field.at("validation").count();
  return result;
}

}  // namespace cebm
