// A subscription index with subscribers that only carry a name.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "queue/subscriber_bench.hpp"
#include "route/subscription_index.hpp"

namespace trellis::kernel::testing {

inline trellis_subscription subscription(std::string_view filter, std::uint32_t qos = 1, std::string_view group = "",
                                         std::uint32_t identifier = 0, std::uint32_t flags = 0) {
  trellis_subscription made{};
  made.struct_size = sizeof made;
  made.flags = flags;
  made.filter = view_of(filter);
  made.group = view_of(group);
  made.qos = qos;
  made.identifier = identifier;
  return made;
}

/// The shard does not run: an index needs no more of its subscribers than that they are there.
class IndexBench {
 public:
  explicit IndexBench(std::size_t subscribers) : index(epochs) {
    metrics.add_shards(1);
    shard = std::make_unique<Shard>(0, metrics.cells(0), epochs);
    counted = queue_metrics(metrics);
    for (std::size_t i = 0; i < subscribers; ++i) {
      all.push_back(std::make_unique<Subscriber>(*shard, owner, counted, i + 1, 0, std::to_string(i), limits(1)));
    }
  }
  ~IndexBench() { epochs.clear(); }

  bool subscribe(std::size_t who, std::string_view filter, std::string_view group = "") {
    return index.subscribe(*all[who], subscription(filter, 1, group)) == TRELLIS_EXISTED;
  }
  bool unsubscribe(std::size_t who, std::string_view filter, std::string_view group = "") {
    return index.unsubscribe(*all[who], filter, group);
  }
  /// Names of those who match, sorted; members of a group as "group/name".
  std::vector<std::string> match(std::string_view topic) const {
    std::vector<std::string> names;
    index.match(
        topic,
        [&](const SubscriptionList& list) {
          list.for_each([&](const Subscriber& who, const IndexedSubscription&) { names.push_back(who.name()); });
        },
        [&](const SharedGroup& group) {
          group.members.for_each([&](const Subscriber& who, const IndexedSubscription&) {
            names.push_back(group.name + "/" + who.name());
          });
        });
    std::sort(names.begin(), names.end());
    return names;
  }

  Metrics metrics;
  Epochs epochs;
  std::unique_ptr<Shard> shard;
  FakeOwner owner;
  QueueMetrics counted{};
  std::vector<std::unique_ptr<Subscriber>> all;
  SubscriptionIndex index;
};

}  // namespace trellis::kernel::testing
