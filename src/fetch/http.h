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
  complete,  ///< the place reports the end of the file; the content is not checked yet
  failed,    ///< it broke off, stalled or could not be served now: another attempt may continue from here
  restart,   ///< the place cannot continue the partial file: another attempt has to start from nothing
  refused,   ///< the place does not have the file, or has another one
  stopped    ///< should_stop returned true
};

struct TransferResult {
  TransferEnd end;
  std::string reason;  ///< unless complete or stopped
};

/// Appends the missing bytes to `part`. If `part` is not empty, requests only the rest; if the server sends the whole
/// file anyway, `part` is restarted. Redirects, at most five, may lead only to http and https; a file URL is accepted
/// only as the request's own and is copied from the start. Throws IoError if `part` cannot be written.
TransferResult transfer(const TransferRequest& request, NewFile& part);

}  // namespace cebm
