// The JSON of results and the structs that it is read into.
#include <cebm/errors.h>
#include <cebm/few_shot_result.h>
#include <cebm/ood_result.h>
#include <cebm/samples_result.h>
#include <gmock/gmock.h>

#include "eval/evaluators/chains.h"
#include "eval/evaluators/confusion.h"
#include "eval/evaluators/likelihood.h"
#include "eval/evaluators/log_partition.h"
#include "eval/evaluators/neighbors.h"
#include "eval/evaluators/scores.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

const nlohmann::json kFewShot = nlohmann::json::parse(R"({"shots": [1, 10], "draws": 2, "spaces": {
    "latent": {"1": {"mean": 0.5, "std": 0.1, "ci95": [-0.4, 1.4], "accuracies": [0.4, 0.6]},
               "10": {"mean": 0.75, "std": 0.0, "ci95": [0.75, 0.75], "accuracies": [0.75, 0.75]},
               "full": {"accuracy": 0.875}},
    "pixels": {"1": {"mean": 0.5, "std": 0.1, "ci95": [-0.4, 1.4], "accuracies": [0.4, 0.6]},
               "10": {"mean": 0.75, "std": 0.0, "ci95": [0.75, 0.75], "accuracies": [0.75, 0.75]},
               "full": {"accuracy": 0.8125}},
    "quick": {"1": {"mean": 1.0, "std": 0.0, "ci95": [1.0, 1.0], "accuracies": [1.0, 1.0]},
              "10": {"mean": 1.0, "std": 0.0, "ci95": [1.0, 1.0], "accuracies": [1.0, 1.0]}}}})");

const nlohmann::json kOod = nlohmann::json::parse(R"({"positive_class": "in-distribution",
    "in_distribution": {"data": "mnist", "split": "test", "images": 7},
    "sets": {"emnist": {"missing": "not installed"},
             "constant": {"images": 5, "log_density": {"auroc": {"value": 0.1, "ci95": [0.0, 0.2]},
                                                       "aupr": {"value": 0.3, "ci95": [0.2, 0.4]},
                                                       "fpr95": {"value": 1.0, "ci95": [1.0, 1.0]}}}}})");

const nlohmann::json kConfusion = nlohmann::json::parse(R"({"k": 3, "classes": ["ant", "bee"],
    "spaces": {"latent": {"accuracy": 0.75, "matrix": [[2, 1], [0, 1]]}}})");
const nlohmann::json kNeighbors =
    nlohmann::json::parse(R"({"queries": 3, "k": 2, "spaces": {"latent": {"label_agreement": 0.5}}})");
const nlohmann::json kLikelihood = nlohmann::json::parse(R"({"unit": "nats per image", "images": 4,
    "elbo": {"mean": -10.5, "standard_error": 0.5}, "bound_10": {"mean": -9.5, "standard_error": 0.25}})");
const nlohmann::json kScores = nlohmann::json::parse(R"({"images": 4, "energy": {"mean": -1.5, "std": 0.5}})");

const nlohmann::json kSamples = nlohmann::json::parse(R"({"data": "mnist", "test_images": 9, "features": "of a kind",
    "classifier_accuracy": 0.75, "classes": ["ant", "bee"], "sources": [{"name": "buffer", "from": "replay buffer",
    "images": 8, "floor_images": 6, "class_shares": [0.25, 0.75],
    "quality": {"frechet": 2.5, "kernel": {"value": -0.5, "standard_error": 0.25}, "precision": 0.5, "recall": 1.0,
                "density": 1.5, "coverage": 0.0},
    "floor": {"frechet": 0.5, "kernel": {"value": 0.5, "standard_error": 0.25}, "precision": 0.5, "recall": 1.0,
              "density": 1.0, "coverage": 0.25}}]})");

const nlohmann::json kChains = nlohmann::json::parse(R"({"init": "noise", "chains": 2, "steps": 9, "every": 3,
    "draws": 8, "test_energy": -1.5, "test_gradient_norm": 0.5, "quantities": {
    "energy": {"mean": -2.5, "std": 0.5, "effective_samples": 3.5, "r_hat": 1.25},
    "projection_1": {"mean": 0.5, "std": 0.0, "effective_samples": null, "r_hat": null}}})");
const nlohmann::json kLogPartition = nlohmann::json::parse(R"({"temperature": 0.5, "sampler_temperature": 0.25,
    "base": "uniform", "dimensions": 4, "distributions": 3, "test_images": 5, "test_energy": -1.5,
    "reverse_from": "none", "reverse": null, "forward": {"chains": 2, "log_z": 2.5, "standard_error": 0.5, "effective_samples": 1.5,
    "bound": 2.25, "acceptance": 0.75, "nats_per_dimension": 0.25, "bits_per_dimension": 7.5}})");

/// The error of reading `whole` with another value at `place`.
template <class Result>
std::string error_with(nlohmann::json whole, const std::string& place, const nlohmann::json& value) {
  whole[nlohmann::json::json_pointer(place)] = value;
  return message_of<DataError>([&] { Result::from_json(whole); });
}

template <class Result>
std::string error_without(nlohmann::json whole, const std::string& parent, const std::string& key) {
  whole[nlohmann::json::json_pointer(parent)].erase(key);
  return message_of<DataError>([&] { Result::from_json(whole); });
}

template <class Result>
void expect_round_trip(const nlohmann::json& whole) {
  EXPECT_EQ(Result::from_json(whole).to_json().dump(), whole.dump());
}

TEST(Results, AreWrittenAsTheyWereRead) {
  expect_round_trip<FewShotResult>(kFewShot);
  nlohmann::json penalised = kFewShot;
  penalised["C"] = 0.1;
  expect_round_trip<FewShotResult>(penalised);
  expect_round_trip<OodResult>(kOod);
  expect_round_trip<ConfusionResult>(kConfusion);
  expect_round_trip<NeighborsResult>(kNeighbors);
  expect_round_trip<LikelihoodResult>(kLikelihood);
  expect_round_trip<ScoresResult>(kScores);
  expect_round_trip<ScoresResult>(nlohmann::json::object());
  expect_round_trip<ChainsResult>(kChains);
  expect_round_trip<LogPartitionResult>(kLogPartition);
  nlohmann::json both = kLogPartition;
  both["reverse"] = both["forward"];
  expect_round_trip<LogPartitionResult>(both);
  expect_round_trip<SamplesResult>(kSamples);
  nlohmann::json bare = kSamples;
  bare["classifier_accuracy"] = nullptr;
  expect_round_trip<SamplesResult>(bare);
  bare["validation"] = 9;
  expect_round_trip<SamplesResult>(bare);
}

TEST(Results, OfSamplesThatDoNotSayTheNumberOfTrainingImagesHaveAsManyAsSamples) {
  nlohmann::json old = kSamples;
  old["sources"][0].erase("floor_images");
  EXPECT_EQ(SamplesResult::from_json(old).sources.front().floor_images, 8);
}

TEST(Results, HoldWhatTheJsonSays) {
  const FewShotResult few_shot = FewShotResult::from_json(kFewShot);
  EXPECT_EQ(few_shot.spaces.at("latent").few.at(1).mean, 0.5);
  EXPECT_EQ(few_shot.spaces.at("latent").few.at(1).high, 1.4) << "an interval may reach beyond";
  EXPECT_EQ(few_shot.spaces.at("latent").full, 0.875);
  EXPECT_EQ(few_shot.spaces.at("quick").full, std::nullopt);
  const OodResult ood = OodResult::from_json(kOod);
  EXPECT_EQ(ood.sets.at("constant").scores.at("log_density").aupr.low, 0.2);
  EXPECT_EQ(ood.sets.at("emnist").missing, "not installed");
}

TEST(Results, WhatIsOfAnotherFormIsNamedWithItsPlace) {
  EXPECT_EQ(error_with<FewShotResult>(kFewShot, "/spaces/latent/10/mean", 1.5),
            "spaces.latent.10.mean: expected a share in [0, 1], found 1.5");
  EXPECT_EQ(error_with<FewShotResult>(kFewShot, "/spaces/latent/1/accuracies/1", "x"),
            "spaces.latent.1.accuracies.1: expected a share in [0, 1], found \"x\"");
  EXPECT_EQ(error_with<FewShotResult>(kFewShot, "/spaces/latent/1/ci95", {1, 2, 3}),
            "spaces.latent.1.ci95: expected an interval [low, high], found [1,2,3]");
  EXPECT_EQ(error_with<FewShotResult>(kFewShot, "/draws", -1), "draws: expected a count, found -1");
  EXPECT_EQ(error_without<FewShotResult>(kFewShot, "/spaces/pixels/full", "accuracy").substr(0, 67),
            "spaces.pixels.full: expected an object with the key 'accuracy', fou");
  EXPECT_EQ(error_with<OodResult>(kOod, "/sets/constant/log_density/auroc/value", nullptr),
            "sets.constant.log_density.auroc.value: expected a share in [0, 1], found null");
  EXPECT_EQ(error_with<OodResult>(kOod, "/positive_class", "other"),
            "positive_class: expected in-distribution, found \"other\"");
  EXPECT_EQ(error_with<ConfusionResult>(kConfusion, "/spaces/latent/matrix/1", {1}),
            "spaces.latent.matrix.1: expected a count for each of 2 classes, found [1]");
  EXPECT_EQ(error_with<ConfusionResult>(kConfusion, "/spaces/latent/matrix", nlohmann::json::array()),
            "spaces.latent.matrix: expected a row for each of 2 classes, found []");
  EXPECT_EQ(error_with<NeighborsResult>(kNeighbors, "/spaces", 3), "spaces: expected an object, found 3");
  EXPECT_EQ(error_with<LikelihoodResult>(kLikelihood, "/elbo/mean", "x"), "elbo.mean: expected a number, found \"x\"");
  EXPECT_EQ(error_with<SamplesResult>(kSamples, "/sources/0/quality/recall", 2.0),
            "sources.0.quality.recall: expected a share in [0, 1], found 2.0");
  EXPECT_EQ(error_with<ScoresResult>(kScores, "", nlohmann::json::array()), "expected an object, found []");
}

}  // namespace
}  // namespace cebm
