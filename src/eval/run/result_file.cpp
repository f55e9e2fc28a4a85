#include "eval/run/result_file.h"

#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/text.h>

#include "base/json_text.h"
#include "eval/run/reading.h"

namespace cebm {

namespace {

constexpr const char* kResultFile = "result.json";

}  // namespace

nlohmann::json reusable_result(const Evaluation& evaluation, const nlohmann::json& provenance,
                               const EvaluationPlan& plan) {
  const std::filesystem::path file = evaluation.directory / kResultFile;
  if (!std::filesystem::exists(file)) return {};
  try {
    nlohmann::json old = read_result(evaluation.directory);
    if (old.at("options") == evaluation.options && old.at("provenance") == provenance) {
      say(plan, evaluation.name + ": nothing has changed since the last time, its result stands");
      return old;
    }
  } catch (const DataError& damaged) {
    say(plan, std::string("computed anew: ") + damaged.what());
  } catch (const nlohmann::json::exception&) {
    say(plan, "computed anew: " + file.string() + " is of another format");
  }
  return {};
}

nlohmann::json write_result(const Evaluation& evaluation, const nlohmann::json& provenance,
                            const nlohmann::json& result) {
  nlohmann::json whole = {{"evaluator", evaluation.name},
                          {"options", evaluation.options},
                          {"provenance", provenance},
                          {"command", evaluation.command},
                          {"result", result}};
  write_file_atomically(evaluation.directory / kResultFile, dump_json(whole, 2) + "\n");
  return whole;
}

nlohmann::json read_result(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kResultFile;
  try {
    nlohmann::json result = parse_json(read_file(file));
    for (const char* key : {"evaluator", "options", "provenance", "result"}) {
      if (!result.contains(key)) throw DataError(file.string() + ": expected a result with '" + key + "', found none");
    }
    return result;
  } catch (const IoError& error) {
    throw DataError(error.what());
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() + ": expected the JSON of a result, found damage: " + error.what());
  }
}

}  // namespace cebm
