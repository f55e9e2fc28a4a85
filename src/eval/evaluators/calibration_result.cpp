#include "base/json_field.h"
#include "eval/evaluators/calibration.h"

namespace cebm {

nlohmann::json CalibrationResult::to_json() const {
  nlohmann::json json = {
      {"data", data},         {"split", split}, {"images", images}, {"accuracy", accuracy},
      {"log_loss", log_loss}, {"brier", brier}, {"ece", ece},       {"bins", nlohmann::json::array()}};
  for (const Bin& bin : bins) {
    json["bins"].push_back({{"images", bin.images}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
  }
  return json;
}

CalibrationResult CalibrationResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  CalibrationResult result;
  result.data = field.at("data").text();
  result.split = field.at("split").text();
  result.images = field.at("images").count();
  result.accuracy = field.at("accuracy").share();
  result.log_loss = field.at("log_loss").number();
  result.brier = field.at("brier").number();
  result.ece = field.at("ece").share();
  for (const JsonField& bin : field.at("bins").items()) {
    result.bins.push_back({bin.at("images").count(), bin.at("confidence").share(), bin.at("accuracy").share()});
  }
  return result;
}

}  // namespace cebm
