// A stream of its own for work that is run as it is, or recorded once and then replayed as a CUDA graph.
#pragma once

#include <functional>
#include <memory>

namespace cebm::kernels::cuda {

/// Work is a function that launches on LibTorch's current stream and waits for nothing. It always runs after what the
/// caller's stream holds, and before what comes on that stream later.
class WorkStream {
 public:
  explicit WorkStream(int device);
  ~WorkStream();

  void run(const std::function<void()>& work);
  /// A replay, on the caller's stream, of what `work` launches; the work itself is not run. It reads and writes the
  /// memory that the recorded launches were given: that must stay. What it allocates is the recording's own. Run the
  /// same work once before: libraries may choose and allocate what they cannot while recording. Throws std::exception,
  /// naming the reason, where something in the work cannot be recorded.
  std::function<void()> record(const std::function<void()>& work);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cebm::kernels::cuda
