#include "common/peer_link/links.hpp"

#include <utility>

namespace peer_link {

using trellis::Settlement;

Links::~Links() {
  // Settling may lead back in here, where nothing is delivered any more.
  stopped_ = true;
  const auto gone = std::exchange(links_, {});
}

Link& Links::of(std::uint64_t id, const std::shared_ptr<const Place>& place) {
  auto& link = links_[id];
  if (link == nullptr) link = std::make_unique<Link>(shard_, place, metrics_);
  return *link;
}

void Links::deliver(std::uint64_t id, const std::shared_ptr<const Place>& place, const trellis::DeliveryBatch& batch) {
  std::vector<std::pair<Piece, Settlement>> made;
  std::vector<std::pair<common::Verdict, Settlement>> wrong;
  made.reserve(batch.size());
  batch.each([&](trellis::Delivery& delivery) {
    Piece piece;
    auto verdict = place->compose(delivery.message(), piece);
    auto& settlement = static_cast<Settlement&>(delivery);
    if (verdict) {
      wrong.emplace_back(std::move(*verdict), std::move(settlement));
    } else {
      made.emplace_back(std::move(piece), std::move(settlement));
    }
  });
  if (stopped_) {
    for (auto& one : made) wrong.emplace_back(common::Verdict::stopped(), std::move(one.second));
  } else {
    Link& link = of(id, place);
    for (auto& [piece, settlement] : made) link.add(std::move(piece), std::move(settlement));
  }
  for (auto& [verdict, settlement] : wrong) {
    metrics_.events.count(shard_, verdict);
    verdict.settle(settlement);
  }
}

void Links::check(std::uint64_t id, const std::shared_ptr<const Place>& place, Settlement consent) {
  if (stopped_) return common::Verdict::stopped().settle(consent);
  of(id, place).check(std::move(consent));
}

void Links::release(std::uint64_t id) { const auto gone = links_.extract(id); }

void LinkRegistry::add(const trellis::Shard& shard, const std::shared_ptr<Links>& links) {
  const std::lock_guard lock(mutex_);
  if (shards_.size() <= shard.index()) shards_.resize(shard.index() + 1);
  shards_[shard.index()] = links;
}

std::uint64_t LinkRegistry::next_id() {
  const std::lock_guard lock(mutex_);
  return ++last_id_;
}

void LinkRegistry::release(std::uint64_t id, const trellis::Host& host) {
  std::vector<std::weak_ptr<Links>> shards;
  {
    const std::lock_guard lock(mutex_);
    shards = shards_;
  }
  for (std::uint32_t i = 0; i < shards.size(); ++i) {
    // Whether it is still there is asked on its own shard only, where it is destroyed.
    host.post(i, [links = std::move(shards[i]), id] {
      if (const auto there = links.lock()) there->release(id);
    });
  }
}

}  // namespace peer_link
