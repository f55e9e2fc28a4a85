#include <cebm/errors.h>
#include <cebm/evaluation.h>
#include <cebm/files.h>
#include <cebm/text.h>

#include "base/json_text.h"

namespace cebm {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSurveyFile = "all.json";

}  // namespace

void write_survey(const fs::path& directory, const EvaluationSurvey& survey) {
  require_writable_directory(directory);
  const nlohmann::json all = {{"command", survey.command}, {"unsuited", survey.unsuited}, {"failed", survey.failed}};
  write_file_atomically(directory / kSurveyFile, dump_json(all, 2) + "\n");
}

EvaluationSurvey read_survey(const fs::path& directory) {
  const fs::path file = directory / kSurveyFile;
  if (!fs::exists(file)) return {};
  try {
    const nlohmann::json all = parse_json(read_file(file));
    return {all.at("command"), all.at("unsuited"), all.at("failed")};
  } catch (const IoError& error) {
    throw DataError(error.what());
  } catch (const nlohmann::json::exception& error) {
    throw DataError(file.string() +
                    ": expected the JSON of an evaluation by all evaluators, found damage: " + error.what());
  }
}

}  // namespace cebm
