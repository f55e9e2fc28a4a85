// A validator of flags that take a finite number above 0, which CLI::PositiveNumber does not: it lets nan and inf pass.
#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

namespace cebm::app {

inline CLI::Validator positive_number() {
  return {[](std::string& text) -> std::string {
            double value = 0.0;
            if (CLI::detail::lexical_cast(text, value) && std::isfinite(value) && value > 0.0) return {};
            return "expected a finite number above 0, found '" + text + "'";
          },
          ""};
}

}  // namespace cebm::app
