#include <trellis/runtime/mailbox.hpp>
#include <utility>

namespace trellis::runtime {

Mailbox::~Mailbox() {
  take_over();
  while (oldest_ != nullptr) delete std::exchange(oldest_, oldest_->next_);
}

bool Mailbox::put(MailItem* item) noexcept {
  item->next_ = newest_.load(std::memory_order_relaxed);
  while (!newest_.compare_exchange_weak(item->next_, item, std::memory_order_seq_cst, std::memory_order_relaxed)) {
  }
  return sleeping_.load(std::memory_order_seq_cst) && sleeping_.exchange(false, std::memory_order_seq_cst);
}

void Mailbox::take_over() noexcept {
  MailItem* newest = newest_.exchange(nullptr, std::memory_order_acquire);
  MailItem* const last = newest;
  MailItem* oldest = nullptr;
  while (newest != nullptr) oldest = std::exchange(newest, std::exchange(newest->next_, oldest));
  if (oldest == nullptr) return;
  (oldest_ == nullptr ? oldest_ : last_->next_) = oldest;
  last_ = last;
}

bool Mailbox::run_some() {
  take_over();
  for (int i = 0; i < kMostPerTurn && oldest_ != nullptr; ++i) std::exchange(oldest_, oldest_->next_)->run();
  return oldest_ != nullptr;
}

bool Mailbox::try_sleep() noexcept {
  sleeping_.store(true, std::memory_order_seq_cst);
  if (newest_.load(std::memory_order_seq_cst) == nullptr) return true;
  sleeping_.store(false, std::memory_order_relaxed);
  return false;
}

}  // namespace trellis::runtime
