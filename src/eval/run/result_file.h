// The file result.json of an evaluation; it is read by read_result (evaluation.h).
#pragma once

#include <cebm/evaluation.h>

namespace cebm {

/// The result in the evaluation's directory if it is one of the same options and provenance, else null.
nlohmann::json reusable_result(const Evaluation& evaluation, const nlohmann::json& provenance,
                               const EvaluationPlan& plan);
/// Writes what the evaluator returned with what it was computed from, and returns the whole. Throws IoError.
nlohmann::json write_result(const Evaluation& evaluation, const nlohmann::json& provenance,
                            const nlohmann::json& result);

}  // namespace cebm
