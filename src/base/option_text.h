/// How values and their types are written in messages, dumps and the reference page.
#pragma once

#include <cebm/options.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cebm {

/// The shortest decimal number that reads back as `value`, as YAML 1.1 wants it: 1.0e+06, not 1e+06.
std::string number_text(double value);
/// "[1, 2, 3]".
std::string list_text(const std::vector<std::int64_t>& values);
/// ["a", "b"], each item in quotes.
std::string list_text(const std::vector<std::string>& values);
/// "a, b, c".
std::string join(std::span<const std::string> words, const std::string& between = ", ");

/// "integer in [1, 10]", "integer >= 1", "integer"; likewise the others.
std::string integer_type(Range<std::int64_t> range);
std::string number_type(Range<double> range);
std::string integers_type(Range<std::int64_t> range);
/// "one of a, b".
std::string word_type(std::span<const std::string> allowed);
/// "list out of a, b".
std::string words_type(std::span<const std::string> allowed);

/// Passes the fields of constant options to a visitor. fields() is not const because readers assign through it;
/// `looker` must not.
inline void look_at_fields(const Options& options, Fields& looker) { const_cast<Options&>(options).fields(looker); }

}  // namespace cebm
