// By what clients were let in, so that they can be cut off when that falls away.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chain.hpp"

namespace x509 {

/// An instance of the plugin, by a number that never comes again.
using Owner = std::uint64_t;
inline constexpr Owner kNobody = 0;  ///< an instance that retired: those that are left look after whom it let in

/// Nobody says when a client leaves, so an entry stays until the client's resource changes or goes: there are at most
/// as many as there are registered clients, with some hundred bytes each. [any]
class Admitted {
 public:
  /// The same one for all instances as long as there are any: one that replaces another goes on with what that knew.
  /// Each looks after whom it let in itself and whom a retired one did: another one may believe somebody else.
  static std::shared_ptr<Admitted> shared();

  /// `trust` of that instance let it in. What the client came by before, and does not hold by it any more, is
  /// forgotten: whoever rested on that was cut off when it fell away.
  void add(Owner owner, std::string_view name_space, std::string_view name, const Basis& basis, const Trust& trust,
           std::int64_t now_ms);
  /// That instance lets nobody in any more.
  void hand_over(Owner owner);
  void forget(std::string_view name_space, std::string_view name);

  struct Lost {
    std::vector<std::string> names;
    std::size_t news = 0;  ///< how many of them nobody knew of
  };
  /// Those of which something that they were let in by, by that instance or a retired one, does not hold by `trust`.
  Lost without(Owner owner, std::string_view name_space, const Trust& trust);
  /// The same whoever let them in.
  Lost all_without(std::string_view name_space, const Trust& trust);

  std::size_t size(std::string_view name_space) const;

 private:
  /// What a basis comes to here.
  struct Ground {
    Owner owner;
    Mark authority;
    std::vector<Mark> links;
    std::int64_t good_until_ms;
    bool lost = false;

    bool concerns(Owner one) const noexcept { return owner == one || owner == kNobody; }

    bool is(const Basis& basis) const noexcept { return authority == basis.authority && links == basis.links; }
    bool holds(const Trust& trust) const;
  };
  struct Grounds {
    std::vector<Ground> some;
    std::int64_t more_until_ms = 0;  ///< there were too many to keep: until then whatever changes may concern it
  };
  using Names = std::unordered_map<std::string, Grounds>;
  /// Many, so that looking through all names holds up few of those who come meanwhile, and none for long.
  struct Stripe {
    mutable std::mutex mutex;
    std::map<std::string, Names, std::less<>> all;  // by namespace; guarded by mutex
  };
  Stripe& stripe_of(std::string_view name) { return stripes_[std::hash<std::string_view>{}(name) % stripes_.size()]; }
  Lost look_for_losses(std::string_view name_space, const Trust& trust, const Owner* owner);
  static bool look_for_losses(Grounds& grounds, const Trust& trust, const Owner* owner, bool& news);

  std::array<Stripe, 64> stripes_;
};

}  // namespace x509
