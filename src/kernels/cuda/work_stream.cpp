#include "kernels/cuda/work_stream.h"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace cebm::kernels::cuda {

namespace {

using c10::cuda::CUDAStream;

void wait_for(CUDAStream waiting, CUDAStream first) {
  at::cuda::CUDAEvent reached;
  reached.record(first);
  reached.block(waiting);
}

/// Makes `stream` the current one, after and before the caller's own.
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
      // The device is lost: whatever is asked of it next will say so.
    }
  }

 private:
  CUDAStream caller_;
  CUDAStream stream_;
  c10::cuda::CUDAStreamGuard guard_;
};

/// Ends a recording that failed, so that the stream can be used again.
void abandon(at::cuda::CUDAGraph& graph) {
  try {
    graph.capture_end();
  } catch (const std::exception&) {
    // What made the recording fail is being reported already.
  }
  (void)cudaGetLastError();  // or the next launch would be blamed for it
}

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
  auto graph = std::make_shared<at::cuda::CUDAGraph>();
  // Thread-local: another thread may copy or allocate meanwhile.
  graph->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  try {
    work();
  } catch (...) {
    abandon(*graph);
    throw;
  }
  try {
    graph->capture_end();
  } catch (...) {
    (void)cudaGetLastError();
    throw;
  }
  return [graph] { graph->replay(); };
}

}  // namespace cebm::kernels::cuda
