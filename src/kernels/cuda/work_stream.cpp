#include "kernels/cuda/work_stream.h"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/version.h>

#include "kernels/cuda/recording.h"

namespace cebm::kernels::cuda {

namespace {

using c10::cuda::CUDAStream;

void wait_for(CUDAStream waiting, CUDAStream first) {
  at::cuda::CUDAEvent reached;
  reached.record(first);
  reached.block(waiting);
}

/// Makes `stream` current for a scope: it first waits for the caller's stream, which waits for it at the end.
class Detour {
 public:
  explicit Detour(CUDAStream stream)
      : caller_(c10::cuda::getCurrentCUDAStream(stream.device_index())), stream_(stream), guard_(stream) {
    wait_for(stream_, caller_);
  }
  Detour(const Detour&) = delete;
  Detour& operator=(const Detour&) = delete;
  ~Detour() {
    try {
      wait_for(caller_, stream_);
    } catch (const std::exception&) {
      // The device is lost: the next call to it reports the error.
    }
  }

 private:
  CUDAStream caller_;
  CUDAStream stream_;
  c10::cuda::CUDAStreamGuard guard_;
};

/// From 2.15 on, LibTorch itself undoes what an unfinished recording has set up.
constexpr bool kCleansUp = TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 15);

/// A graph with memory of its own, recorded on a stream.
class Recording {
 public:
  explicit Recording(CUDAStream stream) : stream_(stream), pool_(at::cuda::graph_pool_handle()) {}

  void begin() {
    // While it records, LibTorch does not free cached memory when it runs out.
    c10::cuda::CUDACachingAllocator::emptyCache();
    // Thread-local: another thread may copy or allocate meanwhile.
    graph_->capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
  }

  std::function<void()> end() {
    ending_ = true;
    graph_->capture_end();
    return [graph = graph_] { graph->replay(); };
  }

  /// If the work failed, ends the recording as it is. If ending it fails, older LibTorch would go on serving
  /// allocations from the recording's memory and treating its random numbers as recorded ones; this undoes both.
  void abandon() {
    const bool ended = !ending_ && succeeds([this] { graph_->capture_end(); });
    (void)cudaGetLastError();  // clears the error, which the next launch would report otherwise
    if (ended || kCleansUp) return;
    namespace allocator = c10::cuda::CUDACachingAllocator;
    succeeds([this] { allocator::endAllocateToPool(stream_.device_index(), pool_); });
    succeeds([this] { allocator::releasePool(stream_.device_index(), pool_); });
    succeeds([] {  // ending a successful recording releases the random generator
      at::cuda::CUDAGraph empty;
      empty.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      empty.capture_end();
    });
    (void)cudaGetLastError();
  }

 private:
  /// Swallows exceptions, since the recording's own failure is already being reported.
  static bool succeeds(const std::function<void()>& step) {
    try {
      step();
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  CUDAStream stream_;
  at::cuda::MempoolId_t pool_;
  std::shared_ptr<at::cuda::CUDAGraph> graph_ = std::make_shared<at::cuda::CUDAGraph>();
  bool ending_ = false;
};

}  // namespace

struct WorkStream::Implementation {
  CUDAStream stream;
};

WorkStream::WorkStream(int device)
    : implementation_(new Implementation{
          c10::cuda::getStreamFromPool(/*isHighPriority=*/false, static_cast<c10::DeviceIndex>(device))}) {}

WorkStream::~WorkStream() = default;

void WorkStream::run(const std::function<void()>& work) {
  const Detour detour(implementation_->stream);
  work();
}

std::function<void()> WorkStream::record(const std::function<void()>& work) {
  const Detour detour(implementation_->stream);
  Recording recording(implementation_->stream);
  return cuda::record({.begin = [&] { recording.begin(); },
                       .end = [&] { return recording.end(); },
                       .abandon = [&] { recording.abandon(); }},
                      work);
}

}  // namespace cebm::kernels::cuda
