#include "base/json_field.h"
#include "eval/evaluators/log_partition.h"

namespace cebm {

namespace {

nlohmann::json json_of(const LogPartitionResult::Estimate& estimate) {
  return {{"chains", estimate.chains},
          {"log_z", estimate.log_z},
          {"standard_error", estimate.standard_error},
          {"effective_samples", estimate.effective_samples},
          {"bound", estimate.bound},
          {"acceptance", estimate.acceptance},
          {"nats_per_dimension", estimate.nats_per_dimension},
          {"bits_per_dimension", estimate.bits_per_dimension}};
}

LogPartitionResult::Estimate read_estimate(const JsonField& field) {
  return {.chains = field.at("chains").count(),
          .log_z = field.at("log_z").number(),
          .standard_error = field.at("standard_error").number(),
          .effective_samples = field.at("effective_samples").number(),
          .bound = field.at("bound").number(),
          .acceptance = field.at("acceptance").share(),
          .nats_per_dimension = field.at("nats_per_dimension").number(),
          .bits_per_dimension = field.at("bits_per_dimension").number()};
}

}  // namespace

nlohmann::json LogPartitionResult::to_json() const {
  return {{"temperature", temperature},
          {"sampler_temperature", sampler_temperature},
          {"base", base},
          {"dimensions", dimensions},
          {"distributions", distributions},
          {"test_images", test_images},
          {"test_energy", test_energy},
          {"forward", json_of(forward)},
          {"reverse", reverse ? json_of(*reverse) : nlohmann::json()},
          {"reverse_from", reverse_from}};
}

LogPartitionResult LogPartitionResult::from_json(const nlohmann::json& json) {
  const JsonField field(json);
  LogPartitionResult result{.temperature = field.at("temperature").number(),
                            .sampler_temperature = field.at("sampler_temperature").number(),
                            .base = field.at("base").text(),
                            .dimensions = field.at("dimensions").count(),
                            .distributions = field.at("distributions").count(),
                            .test_images = field.at("test_images").count(),
                            .test_energy = field.at("test_energy").number(),
                            .forward = read_estimate(field.at("forward")),
                            .reverse_from = field.at("reverse_from").text()};
  const JsonField reverse = field.at("reverse");
  if (!reverse.is_null()) result.reverse = read_estimate(reverse);
  return result;
}

}  // namespace cebm
