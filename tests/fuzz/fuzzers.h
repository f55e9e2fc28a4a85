// The fuzzers: a function each, in a file of its name, that gives some bytes to a parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cebm::fuzz {

using Fuzzer = void(const std::uint8_t* data, std::size_t size);

#define CEBM_FUZZER(name) Fuzzer name;
#include "fuzz/fuzzers.inc"
#undef CEBM_FUZZER

/// By name; ends the process where there is none of it.
Fuzzer& find_fuzzer(std::string_view name);

}  // namespace cebm::fuzz
