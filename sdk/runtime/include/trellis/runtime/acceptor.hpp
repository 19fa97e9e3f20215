// Accepting connections on one shard.
#pragma once

#include <functional>
#include <string_view>
#include <trellis/runtime/address.hpp>
#include <trellis/runtime/shard.hpp>

namespace trellis::runtime {

/// Every connection is a descriptor: takes as many as the system allows. [control]
void raise_descriptor_limit() noexcept;

/// One listening socket, closed with it. Members are for its shard's thread.
class Acceptor final : public Pollable {
 public:
  struct Owner {
    /// Takes over the socket of somebody who came.
    std::function<void(int fd, const Address& peer)> accepted;
    /// Nobody is accepted for kRestMs: the system has no descriptors or no memory left.
    std::function<void(std::string_view why)> rests;
  };
  static constexpr std::uint64_t kRestMs = 100;

  Acceptor(Shard& shard, int fd, Owner owner);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Whether TCP connections are taken with their client's first bytes, or after a second without any, instead of at
  /// once: one look at who came, not two, and none at who says nothing and leaves.
  void await_first_bytes(bool on) noexcept;

  void on_ready(std::uint32_t events) override;

 private:
  bool accept_one();
  void rest(int why);

  struct Retry final : Timer {
    explicit Retry(Acceptor& of) : Timer(&Acceptor::on_retry), acceptor(of) {}
    Acceptor& acceptor;
  };
  static void on_retry(Timer& timer);

  Shard& shard_;
  int fd_;
  Owner owner_;
  Retry retry_;
};

}  // namespace trellis::runtime
