#include "admitted.hpp"

#include <algorithm>
#include <utility>

namespace x509 {

std::shared_ptr<Admitted> Admitted::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Admitted> known;
  const std::lock_guard lock(mutex);
  auto found = known.lock();
  if (found == nullptr) known = found = std::make_shared<Admitted>();
  return found;
}

bool Admitted::Ground::holds(const Trust& trust) const {
  return trust.authorities->have(authority) &&
         std::ranges::none_of(links, [&](Mark link) { return trust.lists->revokes(link); });
}

void Admitted::add(Owner owner, std::string_view name_space, std::string_view name, const Basis& basis,
                   const Trust& trust, std::int64_t now_ms) {
  constexpr std::size_t kMostGrounds = 8;  // certificates of one client at a time: the old one, the new one
  Stripe& stripe = stripe_of(name);
  const std::lock_guard lock(stripe.mutex);
  auto names = stripe.all.find(name_space);
  if (names == stripe.all.end()) names = stripe.all.emplace(name_space, Names()).first;
  Grounds& grounds = names->second[std::string(name)];
  // Whoever came by what is expired now is gone.
  std::erase_if(grounds.some, [&](const Ground& one) {
    return one.good_until_ms <= now_ms || (one.concerns(owner) && !one.holds(trust));
  });
  if (grounds.more_until_ms <= now_ms) grounds.more_until_ms = 0;
  if (std::ranges::any_of(grounds.some, [&](const Ground& one) { return one.concerns(owner) && one.is(basis); }))
    return;
  if (grounds.some.size() < kMostGrounds) {
    grounds.some.push_back({owner, basis.authority, basis.links, basis.good_until_ms});
  } else {
    grounds.more_until_ms = std::max(grounds.more_until_ms, basis.good_until_ms);
  }
}

void Admitted::forget(std::string_view name_space, std::string_view name) {
  Stripe& stripe = stripe_of(name);
  const std::lock_guard lock(stripe.mutex);
  const auto names = stripe.all.find(name_space);
  if (names != stripe.all.end()) names->second.erase(std::string(name));
}

void Admitted::hand_over(Owner owner) {
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    for (auto& [name_space, names] : stripe.all) {
      for (auto& [name, grounds] : names) {
        for (Ground& one : grounds.some) {
          if (one.owner == owner) one.owner = kNobody;
        }
      }
    }
  }
}

bool Admitted::look_for_losses(Grounds& grounds, const Trust& trust, const Owner* owner, bool& news) {
  bool any = grounds.more_until_ms > 0;
  for (Ground& one : grounds.some) {
    if ((owner != nullptr && !one.concerns(*owner)) || one.holds(trust)) continue;
    any = true;
    news |= !std::exchange(one.lost, true);
  }
  return any;
}

Admitted::Lost Admitted::without(Owner owner, std::string_view name_space, const Trust& trust) {
  return look_for_losses(name_space, trust, &owner);
}

Admitted::Lost Admitted::all_without(std::string_view name_space, const Trust& trust) {
  return look_for_losses(name_space, trust, nullptr);
}

Admitted::Lost Admitted::look_for_losses(std::string_view name_space, const Trust& trust, const Owner* owner) {
  Lost lost;
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    const auto names = stripe.all.find(name_space);
    if (names == stripe.all.end()) continue;
    for (auto& [name, grounds] : names->second) {
      bool news = false;
      if (look_for_losses(grounds, trust, owner, news)) lost.names.push_back(name);
      lost.news += news ? 1 : 0;
    }
  }
  return lost;
}

std::size_t Admitted::size(std::string_view name_space) const {
  std::size_t size = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    const auto names = stripe.all.find(name_space);
    if (names != stripe.all.end()) size += names->second.size();
  }
  return size;
}

}  // namespace x509
