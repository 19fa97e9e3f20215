#include <algorithm>
#include <trellis/runtime/handshake_budget.hpp>

namespace trellis::runtime {
namespace {

constexpr std::chrono::milliseconds kBurst(8);  // what may be saved up: nobody waits longer for it
constexpr std::uint64_t kPauseMs = 16;

}  // namespace

bool HandshakeBudget::some_left() noexcept {
  const Clock::time_point now = Clock::now();
  const auto given = std::min<std::chrono::nanoseconds>(now - counted_, std::chrono::seconds(1)) * percent_ / 100;
  left_ = std::min<std::chrono::nanoseconds>(left_ + given, kBurst);
  counted_ = now;
  return left_.count() > 0;
}

bool HandshakeBudget::open() noexcept { return some_left() && (waiting_.empty() || letting_in_); }

void HandshakeBudget::wait(Deferred& item) noexcept {
  if (item.queued()) return;
  if (waiting_.empty()) shard_.arm(*this, kPauseMs);
  waiting_.push_back(item);
}

void HandshakeBudget::on_timer(Timer& timer) {
  auto& self = static_cast<HandshakeBudget&>(timer);
  self.letting_in_ = true;
  while (self.some_left()) {
    Deferred* item = self.waiting_.pop();
    if (item == nullptr) break;
    item->run_deferred();
  }
  self.letting_in_ = false;
  if (!self.waiting_.empty()) self.shard_.arm(self, kPauseMs);
}

}  // namespace trellis::runtime
