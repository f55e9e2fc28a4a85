// Stands in for the CUDA back end in a program built without it.
#include <stdexcept>

#include "kernels/cuda/runtime.h"
#include "kernels/cuda/work_stream.h"
#include "kernels/device_kernels.h"

namespace cebm::kernels::cuda {

namespace {

[[noreturn]] void refuse() { throw std::runtime_error("this program was built without CUDA (CEBM_CUDA=OFF)"); }

}  // namespace

bool compiled() { return false; }
void fill_uniform(float*, Rows, const Counter&, float, float, void*) { refuse(); }
void fill_normal(float*, Rows, const Counter&, void*) { refuse(); }
void langevin_update(float*, const float*, RowFactors, Rows, const Counter&, const LangevinStep&, void*,
                     const StepSeries*) {
  refuse();
}
const DeviceKernels& kernels() { refuse(); }

std::string versions() { return "no CUDA"; }
int device_count() { return 0; }
std::string device_name(int) { refuse(); }
void use_device(int) { refuse(); }
void* current_stream(int) { refuse(); }
std::int64_t memory_of(int, const std::function<void()>&) { refuse(); }

struct WorkStream::Implementation {};
WorkStream::WorkStream(int) { refuse(); }
WorkStream::~WorkStream() = default;
void WorkStream::run(const std::function<void()>&) { refuse(); }
std::function<void()> WorkStream::record(const std::function<void()>&) { refuse(); }

}  // namespace cebm::kernels::cuda
