#include "runtime/running_shard.hpp"

#include <cstdlib>
#include <semaphore>

namespace trellis::runtime::testing {

void RunningShard::run(void (*step)(void*), void* argument) {
  std::binary_semaphore done(0);
  shard_.post([step, argument, &done] {
    step(argument);
    done.release();
  });
  if (!done.try_acquire_for(kPatience)) {
    ADD_FAILURE() << "the shard does not answer";
    std::abort();  // nothing on its stack may go while it still runs
  }
}

bool RunningShard::until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    bool holds = false;
    call([&] { holds = condition(); });
    if (holds) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace trellis::runtime::testing
