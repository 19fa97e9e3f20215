// Who a client is: immutable once made, shared by its connections and whatever they cause.
#pragma once

#include <trellis/abi/identity.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace trellis::kernel {

/// An authenticated client as plugins see it. Any thread may hold a reference.
class Identity {
 public:
  Identity(std::string_view name, std::string_view authenticator, const trellis_pair* attributes, std::uint32_t count,
           std::int64_t expires_at_ms);

  const trellis_identity& facts() const noexcept { return facts_; }
  std::string_view name() const noexcept { return name_; }

  void keep() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop() const noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  ~Identity() = default;
  std::string name_;
  std::string authenticator_;
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<trellis_pair> attributes_;
  trellis_identity facts_;
  mutable std::atomic<std::uint32_t> references_{0};
};

class IdentityPtr {
 public:
  IdentityPtr() noexcept = default;
  explicit IdentityPtr(const Identity* identity) noexcept : identity_(identity) {
    if (identity_ != nullptr) identity_->keep();
  }
  IdentityPtr(const IdentityPtr& other) noexcept : IdentityPtr(other.identity_) {}
  IdentityPtr(IdentityPtr&& other) noexcept : identity_(std::exchange(other.identity_, nullptr)) {}
  IdentityPtr& operator=(IdentityPtr other) noexcept {
    std::swap(identity_, other.identity_);
    return *this;
  }
  ~IdentityPtr() {
    if (identity_ != nullptr) identity_->drop();
  }
  const Identity* get() const noexcept { return identity_; }
  const Identity* operator->() const noexcept { return identity_; }
  const Identity& operator*() const noexcept { return *identity_; }
  explicit operator bool() const noexcept { return identity_ != nullptr; }

 private:
  const Identity* identity_ = nullptr;
};

/// An identity that one thread sets and any may copy.
class SharedIdentity {
 public:
  SharedIdentity& operator=(IdentityPtr other) noexcept {
    lock();
    std::swap(identity_, other);
    busy_.clear(std::memory_order_release);
    return *this;
  }
  /// [the thread that sets it]
  const IdentityPtr& own() const noexcept { return identity_; }
  IdentityPtr copy() const noexcept {
    lock();
    IdentityPtr copied = identity_;
    busy_.clear(std::memory_order_release);
    return copied;
  }

 private:
  // Held for a few instructions, and only where deliveries are judged by more than one thread.
  void lock() const noexcept {
    while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  IdentityPtr identity_;
  mutable std::atomic_flag busy_;
};

}  // namespace trellis::kernel
