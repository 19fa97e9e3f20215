// What other threads leave for a shard: a lock-free list, taken whole.
#pragma once

#include <atomic>

namespace trellis::runtime {

/// Something to be done on a shard. run() is called once on the shard's thread and must free the item.
class MailItem {
 public:
  MailItem() = default;
  MailItem(const MailItem&) = delete;
  MailItem& operator=(const MailItem&) = delete;
  virtual ~MailItem() = default;
  virtual void run() = 0;

 private:
  friend class Mailbox;
  MailItem* next_ = nullptr;
};

/// Many writers, one reader. Items of one writer keep their order.
class Mailbox {
 public:
  ~Mailbox();
  /// True when the reader sleeps and has to be woken. [any]
  bool put(MailItem* item) noexcept;
  /// Runs what is there, up to kMostPerTurn; true when something is left. [the reader's thread]
  bool run_some();
  /// The reader is about to sleep; false when mail came in and it must not. [the reader's thread]
  bool try_sleep() noexcept;
  void awake() noexcept { sleeping_.store(false, std::memory_order_relaxed); }

 private:
  void take_over() noexcept;
  static constexpr int kMostPerTurn = 64;  // a shard that cannot follow must serve its sockets too
  std::atomic<MailItem*> newest_{nullptr};
  MailItem* oldest_ = nullptr;  // of those taken over, in order
  MailItem* last_ = nullptr;
  std::atomic<bool> sleeping_{false};
};

}  // namespace trellis::runtime
