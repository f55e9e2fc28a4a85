#include "train/together.h"

#include <cebm/errors.h>

#include <cmath>
#include <cstdlib>

namespace cebm {

void lead_writes(Ranks& ranks, const std::function<void()>& write) {
  if (ranks.alone()) return write();
  std::string failure;
  try {
    if (ranks.leads()) write();
  } catch (const IoError& cause) {
    failure = cause.what();
  }
  failure = ranks.texts(failure).front();
  if (!failure.empty()) throw IoError(failure);
}

std::optional<Finding> any_finding(Ranks& ranks, const std::optional<Finding>& own) {
  if (ranks.alone()) return own;
  // As text, since the value need not be finite. A finding in a checkpoint's tensors has neither limit nor advice.
  const std::string found = own ? std::to_string(own->value) + " " + own->quantity : "";
  for (const std::string& text : ranks.texts(found)) {
    if (text.empty()) continue;
    const std::size_t space = text.find(' ');
    return Finding{text.substr(space + 1), std::strtod(text.substr(0, space).c_str(), nullptr)};
  }
  return std::nullopt;
}

}  // namespace cebm
