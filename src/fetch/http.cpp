#include "fetch/http.h"

#include <cebm/errors.h>

#include <array>
#include <charconv>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

// The replacements of the deprecated options are newer than the oldest supported libcurl (7.81).
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

namespace cebm {

namespace {

constexpr long kMaxRedirects = 5;
constexpr long kSlowest = 1000;  // bytes a second

/// libcurl must be initialised once, before any other use of it; the initialisation of a static local is thread-safe.
void set_up_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw Error(std::string("libcurl cannot be set up: ") + curl_easy_strerror(code));
}

struct Cleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// "bytes 100-199/200" gives 100.
std::optional<std::uint64_t> range_start(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  std::uint64_t start = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), start);
  if (error != std::errc() || stop == text.data() + text.size() || *stop != '-') return std::nullopt;
  return start;
}

/// Whether the failure is permanent, so that a retry is useless.
bool is_final(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_REMOTE_FILE_NOT_FOUND:
      return true;
    default:
      return false;
  }
}

class Attempt {
 public:
  Attempt(const TransferRequest& request, NewFile& part)
      : request_(request), part_(part), offset_(part.size()), handle_(curl_easy_init()) {
    if (!handle_) throw std::bad_alloc();
    const bool local = request.url.starts_with("file:");
    if (local && offset_ > 0) {
      part_.restart();  // copying again is as fast as comparing
      offset_ = 0;
    }
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS,
        local ? static_cast<long>(CURLPROTO_FILE) : static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    set(CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_USERAGENT, CEBM_USER_AGENT);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, kSlowest);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
    set(CURLOPT_ERRORBUFFER, message_.data());
    if (offset_ > 0) set(CURLOPT_RANGE, (std::to_string(offset_) + "-").c_str());
    set_callbacks();
  }

  TransferResult run() {
    const CURLcode code = curl_easy_perform(handle_.get());
    if (failure_) std::rethrow_exception(failure_);
    if (code == CURLE_OK && !begun_) begin();
    if (verdict_) return *verdict_;
    if (code == CURLE_OK) return {TransferEnd::complete, ""};
    if (code == CURLE_ABORTED_BY_CALLBACK) return {TransferEnd::stopped, ""};
    const std::string reason = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    return {is_final(code) ? TransferEnd::refused : TransferEnd::failed, reason};
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    if (code != CURLE_OK) throw Error(std::string("libcurl refuses an option: ") + curl_easy_strerror(code));
  }

  void set_callbacks() {
    set(CURLOPT_WRITEDATA, this);
    set(
        CURLOPT_WRITEFUNCTION, +[](char* bytes, std::size_t size, std::size_t count, void* self) -> std::size_t {
          return static_cast<Attempt*>(self)->on_body({bytes, size * count}) ? size * count : 0;
        });
    set(CURLOPT_HEADERDATA, this);
    set(
        CURLOPT_HEADERFUNCTION, +[](char* bytes, std::size_t size, std::size_t count, void* self) -> std::size_t {
          static_cast<Attempt*>(self)->on_header({bytes, size * count});
          return size * count;
        });
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFODATA, this);
    set(
        CURLOPT_XFERINFOFUNCTION, +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
          return static_cast<Attempt*>(self)->wants_to_go_on() ? 0 : 1;
        });
  }

  /// Exceptions must not pass through libcurl: stores them for run() to rethrow.
  template <class Call>
  bool guarded(Call&& call) {
    try {
      return call();
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  bool on_body(std::string_view bytes) {
    return guarded([&] {
      if (!begun_ && !begin()) return false;
      if (part_.size() > request_.size_limit || bytes.size() > request_.size_limit - part_.size())
        return decide(TransferEnd::refused, "sends more than " + expected_size());
      part_.append(bytes);
      return true;
    });
  }

  void on_header(std::string_view line) {
    guarded([&] {
      if (line.starts_with("HTTP/")) content_range_.clear();  // the previous response was a redirect
      constexpr std::string_view kName = "content-range:";
      if (line.size() < kName.size()) return true;
      for (std::size_t i = 0; i < kName.size(); ++i) {
        const char c = line[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != kName[i]) return true;
      }
      const std::size_t from = line.find_first_not_of(' ', kName.size());
      const std::size_t to = line.find_last_not_of("\r\n ");
      content_range_ = from <= to && from != std::string_view::npos ? line.substr(from, to - from + 1) : "";
      return true;
    });
  }

  bool wants_to_go_on() {
    return guarded([&] {
      if (request_.on_progress && begun_) request_.on_progress(part_.size(), total_);
      return !request_.should_stop || !request_.should_stop();
    });
  }

  /// Call it once the headers of the final response are complete. Returns false unless its body belongs into the part.
  bool begin() {
    begun_ = true;
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool local = request_.url.starts_with("file:");
    if (offset_ > 0 && status == 416) return decide(TransferEnd::restart, "has nothing from byte " + at() + " on");
    if (offset_ > 0 && status == 206) {
      if (range_start(content_range_) != offset_) {
        return decide(TransferEnd::restart, "expected the bytes from " + at() + " on, found " +
                                                (content_range_.empty() ? "no Content-Range" : content_range_));
      }
    } else if (status == 200 || local) {
      part_.restart();  // the whole file follows, even if only the rest was requested
      offset_ = 0;
    } else {
      const bool passing = status == 408 || status == 429 || status >= 500;
      return decide(passing ? TransferEnd::failed : TransferEnd::refused, "answers " + std::to_string(status));
    }
    return check_announced_size();
  }

  bool check_announced_size() {
    curl_off_t length = -1;
    curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total_ = request_.exact_size;
    if (length < 0) return true;
    const std::uint64_t announced = offset_ + static_cast<std::uint64_t>(length);
    if (total_ == 0) total_ = announced;
    if (announced <= request_.size_limit && (request_.exact_size == 0 || announced == request_.exact_size)) return true;
    return decide(TransferEnd::refused,
                  "announces " + std::to_string(announced) + " bytes, expected " + expected_size());
  }

  bool decide(TransferEnd end, const std::string& reason) {
    verdict_ = TransferResult{end, reason};
    return false;
  }

  std::string at() const { return std::to_string(offset_); }
  std::string expected_size() const {
    return request_.exact_size != 0 ? std::to_string(request_.exact_size)
                                    : "at most " + std::to_string(request_.size_limit);
  }

  const TransferRequest& request_;
  NewFile& part_;
  std::uint64_t offset_;
  std::unique_ptr<CURL, Cleanup> handle_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::string content_range_;
  std::uint64_t total_ = 0;
  bool begun_ = false;
  std::optional<TransferResult> verdict_;
  std::exception_ptr failure_;
};

}  // namespace

TransferResult transfer(const TransferRequest& request, NewFile& part) {
  set_up_curl();
  return Attempt(request, part).run();
}

}  // namespace cebm
