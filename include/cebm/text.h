/// Bytes from outside, such as names of files, as the UTF-8 text that JSON, tables and pages are made of.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cebm {

/// `bytes` as UTF-8: what is no part of a character becomes a backslash, x and two digits ("caf\xE9"). Text stays as it
/// is.
std::string readable(std::string_view bytes);

/// The value as JSON, on one line or indented by `indent` blanks a level. Strings and keys are made readable, so that a
/// name in whatever encoding cannot make it fail. Formats whose strings must come back as they were (checkpoints,
/// safetensors) refuse such a name instead.
std::string dump_json(const nlohmann::json& value, int indent = -1);
std::string dump_json(const nlohmann::ordered_json& value, int indent = -1);

}  // namespace cebm
