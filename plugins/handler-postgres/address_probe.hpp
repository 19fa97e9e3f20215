// Asks the kernel for an address of the database that may be connected to. libpq opens its sockets by itself; so the
// kernel dials first, by the configuration's rules for what plugins dial, and libpq is given the address it found.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <trellis/shard.hpp>

#include "common/verdict/verdict.hpp"

namespace postgres {

struct Probed {
  std::string address = {};  // numeric; empty: there is none, and why
  common::Verdict why = {};
};

/// Of one shard, whose ShardState owns it.
class AddressProbe {
 public:
  /// Told once, on the shard, perhaps within the call.
  using Answer = std::function<void(Probed)>;

  explicit AddressProbe(const trellis::Shard& shard) : shard_(shard) {}

  void ask(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout, Answer answer) const;

 private:
  const trellis::Shard& shard_;
};

}  // namespace postgres
