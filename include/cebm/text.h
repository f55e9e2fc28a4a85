/// Conversion of external bytes, such as file names, to the UTF-8 text of JSON, tables and pages.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cebm {

/// `bytes` as UTF-8: a byte that is no part of a character becomes a backslash, x and two digits ("caf\xE9"). Valid
/// text is unchanged.
std::string readable(std::string_view bytes);
/// The same for a line on a terminal: control characters, those of C1 too, become question marks.
std::string printable(std::string_view bytes);

/// The value as JSON, on one line or indented by `indent` blanks a level. Strings and keys pass through readable(), so
/// that a name in another encoding cannot make it fail. Formats whose strings must be read back unchanged (checkpoints,
/// safetensors) refuse such a name instead.
std::string dump_json(const nlohmann::json& value, int indent = -1);
std::string dump_json(const nlohmann::ordered_json& value, int indent = -1);

}  // namespace cebm
