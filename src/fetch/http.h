/// One attempt to get the rest of a file from one URL. Internal to src/fetch.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/durable/new_file.h"

namespace cebm {

struct TransferRequest {
  std::string url;
  std::uint64_t exact_size = 0;  ///< of the whole file; 0 where several are possible
  std::uint64_t size_limit = 0;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::seconds stall_timeout{};
  std::function<void(std::uint64_t done, std::uint64_t total)> on_progress;  ///< may be empty, like the next
  std::function<bool()> should_stop;
};

enum class TransferEnd {
  complete,  ///< the place says that this is all; nothing is known about the content
  failed,    ///< it broke off, stalled or could not be served now: another attempt may go on from here
  restart,   ///< what is here cannot be continued there: another attempt has to start from nothing
  refused,   ///< the place does not have the file, or has another one
  stopped    ///< should_stop said so
};

struct TransferResult {
  TransferEnd end;
  std::string reason;  ///< unless complete or stopped
};

/// Appends to `part` what is missing. Where something is there already, only the rest is asked for; a server that sends
/// everything all the same is taken at its word and the part begins anew. Only http and https are followed, over at
/// most five redirects, and a file URL only when it is the request's own. Throws IoError if `part` cannot be written.
TransferResult transfer(const TransferRequest& request, NewFile& part);

}  // namespace cebm
