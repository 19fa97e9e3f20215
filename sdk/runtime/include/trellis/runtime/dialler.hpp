// Connecting to others: names, address rules, one address after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <trellis/runtime/address.hpp>
#include <trellis/runtime/address_rules.hpp>
#include <trellis/runtime/resolver.hpp>
#include <trellis/runtime/shard.hpp>

namespace trellis::runtime {

/// What came of it: a connected socket, or why there is none.
struct Dialled {
  enum class Outcome : std::uint8_t { connected, no_name, forbidden, refused, timeout };
  Outcome outcome = Outcome::refused;
  int fd = -1;  // the receiver's to close
  Address peer = {};
  std::string error = {};
};

/// Addresses of both families are tried in turn, the next one when the last failed or took 250 ms; the first that
/// connects is taken (RFC 8305). Used on its shard's thread.
class Dialler {
 public:
  struct Target {
    std::string host;  // a name, or a numeric address
    std::uint16_t port = 0;
    std::uint64_t timeout_ms = 0;
    bool trusted = false;  // named by the operator: the address rules do not count
  };
  using Done = std::function<void(Dialled)>;

  Dialler(Shard& shard, Resolver& resolver);
  ~Dialler();
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;

  void set_rules(std::shared_ptr<const AddressRules> rules) { rules_ = std::move(rules); }
  /// done is called once, never within the call, unless cancel() comes first. Answers what to cancel, never 0.
  std::uint64_t dial(Target target, Done done);
  void cancel(std::uint64_t id);

 private:
  class Attempt;
  class Dialling;
  friend class Dialling;

  Shard& shard_;
  Resolver& resolver_;
  std::shared_ptr<const AddressRules> rules_ = std::make_shared<AddressRules>();
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Dialling>> under_way_;
  std::shared_ptr<Dialler*> self_ = std::make_shared<Dialler*>(this);  // for answers that come when it is gone
};

}  // namespace trellis::runtime
