// A separate stream for work that is run directly, or recorded once and then replayed as a CUDA graph.
#pragma once

#include <functional>
#include <memory>

namespace cebm::kernels::cuda {

/// Work is a function that launches on LibTorch's current stream and never waits for the device. It runs after
/// everything queued on the caller's stream so far, and before anything queued there later.
class WorkStream {
 public:
  explicit WorkStream(int device);
  ~WorkStream();

  void run(const std::function<void()>& work);
  /// Returns a function that replays the launches of `work` on the caller's stream; here they are only recorded. The
  /// replay reads and writes the memory given to the recorded launches, which must stay valid; memory that the work
  /// allocates belongs to the recording. Run the same work once before: libraries may then choose algorithms and
  /// allocate memory, which they cannot do while recording. Throws std::exception with the reason if something in the
  /// work cannot be recorded.
  std::function<void()> record(const std::function<void()>& work);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cebm::kernels::cuda
