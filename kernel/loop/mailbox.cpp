#include "loop/mailbox.hpp"

namespace trellis::kernel {

Mailbox::~Mailbox() {
  MailItem* item = newest_.exchange(nullptr);
  while (item != nullptr) {
    MailItem* next = item->next_;
    delete item;
    item = next;
  }
}

bool Mailbox::put(MailItem* item) noexcept {
  item->next_ = newest_.load(std::memory_order_relaxed);
  while (!newest_.compare_exchange_weak(item->next_, item, std::memory_order_seq_cst, std::memory_order_relaxed)) {
  }
  return sleeping_.load(std::memory_order_seq_cst) && sleeping_.exchange(false, std::memory_order_seq_cst);
}

bool Mailbox::run_all() {
  MailItem* newest = newest_.exchange(nullptr, std::memory_order_acquire);
  if (newest == nullptr) return false;
  MailItem* oldest = nullptr;
  while (newest != nullptr) {  // the list is newest first
    MailItem* next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    MailItem* next = oldest->next_;
    oldest->run();
    oldest = next;
  }
  return true;
}

bool Mailbox::try_sleep() noexcept {
  sleeping_.store(true, std::memory_order_seq_cst);
  if (newest_.load(std::memory_order_seq_cst) == nullptr) return true;
  sleeping_.store(false, std::memory_order_relaxed);
  return false;
}

}  // namespace trellis::kernel
