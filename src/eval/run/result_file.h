// The file result.json of an evaluation; it is read by read_result (evaluation.h).
#pragma once

#include <cebm/evaluation.h>

namespace cebm {

/// The stored result if its options and provenance are the same, else null.
nlohmann::json reusable_result(const Evaluation& evaluation, const nlohmann::json& provenance,
                               const EvaluationPlan& plan);
/// Writes the result with the name, options, provenance and command, and returns that JSON. Throws IoError.
nlohmann::json write_result(const Evaluation& evaluation, const nlohmann::json& provenance,
                            const nlohmann::json& result);

}  // namespace cebm
