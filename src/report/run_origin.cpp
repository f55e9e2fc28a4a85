#include "report/run_origin.h"

#include <cebm/files.h>
#include <cebm/machine.h>
#include <cebm/text.h>

#include "base/json_text.h"
#include "runs/run_layout.h"

namespace cebm {

namespace fs = std::filesystem;

RunOrigin origin_here(const std::string& config, const std::string& command) {
  return {config, command, version(), processor_name() + ", kernels for " + instruction_set()};
}

void write_run_origin(const fs::path& run, const RunOrigin& origin) {
  const nlohmann::ordered_json json = {
      {"config", origin.config}, {"command", origin.command}, {"version", origin.version}, {"machine", origin.machine}};
  write_file_atomically(run / run_layout::kOrigin, dump_json(json, 2) + "\n");
}

RunOrigin read_run_origin(const fs::path& run) {
  if (!fs::exists(run / run_layout::kOrigin)) return {};
  try {
    const nlohmann::json json = parse_json(read_file(run / run_layout::kOrigin));
    return {json.value("config", ""), json.value("command", ""), json.value("version", ""), json.value("machine", "")};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace cebm
