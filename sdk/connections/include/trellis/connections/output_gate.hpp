// Output that must not leave before something else is done.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <trellis/runtime/hooked_list.hpp>

namespace trellis::connections {

class Connection;

/// A place in a connection's output that nothing passes until it is opened. The connection owns it; whoever will open
/// it keeps it in a list, which it leaves when it is opened or its connection is gone.
class OutputGate final : public runtime::ListHook<OutputGate> {
 public:
  OutputGate(Connection& connection, std::uint64_t ticket, std::uint64_t place, std::uint64_t read) noexcept
      : connection_(connection), ticket_(ticket), place_(place), read_(read) {}
  Connection& connection() const noexcept { return connection_; }
  /// What it was asked for with.
  std::uint64_t ticket() const noexcept { return ticket_; }
  /// Bytes that came before it, of all the connection wrote since it has gates.
  std::uint64_t place() const noexcept { return place_; }
  /// Bytes that had been read by then, of all since it has gates.
  std::uint64_t read() const noexcept { return read_; }

 private:
  Connection& connection_;
  std::uint64_t ticket_;
  std::uint64_t place_;
  std::uint64_t read_;
};
using OutputGates = runtime::HookedList<OutputGate, OutputGate>;

/// How many stores take nothing at the time: whoever waits for them is not slowed as well, since what it says may be
/// what frees them.
inline std::atomic<std::uint32_t> stores_behind{0};

/// The gates of one connection, in order.
class HeldOutput {
 public:
  /// queued: bytes that wait to leave now, and come before the gate.
  OutputGate& hold(Connection& connection, std::uint64_t ticket, std::size_t queued) {
    return gates_.emplace_back(connection, ticket, left_ + queued, read_);
  }
  /// Of the bytes queued, how many no gate holds back.
  std::size_t free(std::size_t queued) const noexcept {
    if (gates_.empty()) return queued;
    const std::uint64_t place = gates_.front().place();
    return place <= left_ ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(queued, place - left_));
  }
  void consume(std::size_t bytes) noexcept { left_ += bytes; }
  void count_read(std::size_t bytes) noexcept { read_ += bytes; }
  /// Bytes that were read since what the first gate waits for was asked for.
  std::uint64_t unanswered() const noexcept { return gates_.empty() ? 0 : read_ - gates_.front().read(); }
  /// True when it held something back.
  bool open(const OutputGate& gate) noexcept {
    const auto found = std::ranges::find_if(gates_, [&](const OutputGate& one) { return &one == &gate; });
    const bool first = found == gates_.begin();
    gates_.erase(found);
    return first;
  }
  const OutputGate* last() const noexcept { return gates_.empty() ? nullptr : &gates_.back(); }
  bool empty() const noexcept { return gates_.empty(); }

 private:
  std::list<OutputGate> gates_;  // one for each write to a store under way; the first is opened first, as a rule
  std::uint64_t left_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace trellis::connections
