#include "cuda_on_cpu/launches.h"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cuda_on_cpu {

namespace {

using Recording = std::vector<Launch>;

thread_local std::int64_t count = 0;
thread_local std::shared_ptr<Recording> recording;

}  // namespace

bool within_limits(dim3 grid, dim3 block) {
  const auto between = [](unsigned value, unsigned largest) { return value >= 1 && value <= largest; };
  return between(block.x, 1024) && between(block.y, 1024) && between(block.z, 64) &&
         std::uint64_t{block.x} * block.y * block.z <= 1024 && between(grid.x, 2147483647U) && between(grid.y, 65535) &&
         between(grid.z, 65535);
}

void submit(Launch launch) {
  ++count;
  if (recording) {
    recording->push_back(std::move(launch));
  } else {
    launch();
  }
}

std::int64_t launches() { return count; }

void begin_recording() {
  if (recording) throw std::logic_error("a recording is under way");
  recording = std::make_shared<Recording>();
}

std::function<void()> end_recording() {
  if (!recording) throw std::logic_error("no recording is under way");
  return [done = std::exchange(recording, nullptr)] {
    for (const Launch& launch : *done) launch();
  };
}

bool is_recording() { return recording != nullptr; }

}  // namespace cuda_on_cpu
