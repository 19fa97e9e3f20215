// All subscriptions of one namespace, by topic filter: read without locks by every shard.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/runtime/epoch.hpp>
#include <utility>

#include "names.hpp"
#include "queue/subscriber.hpp"

namespace trellis::kernel {

/// What a subscription says.
struct SubscriptionTerms {
  std::uint32_t shard = 0;
  std::uint32_t identifier = 0;
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
};

/// One subscription as matching finds it. The terms never change; no subscriber means removed.
struct IndexedSubscription : SubscriptionTerms {
  std::atomic<Subscriber*> subscriber{nullptr};
};

/// Grows at its end while others read; its block is replaced when full or mostly removed.
class SubscriptionList {
 public:
  /// Writers hold the index' lock.
  struct Block;
  template <typename Visitor>
  void for_each(Visitor&& visit) const;
  bool empty() const noexcept { return live_ == 0; }
  /// True when the subscriber had one, which is replaced.
  bool put(Subscriber& subscriber, const trellis_subscription& options, Epochs& epochs);
  bool remove(const Subscriber& subscriber, Epochs& epochs);
  ~SubscriptionList();

 private:
  IndexedSubscription* find(const Subscriber& subscriber) const;
  Block* replace(std::uint32_t capacity, Epochs& epochs);

  std::atomic<Block*> block_{nullptr};
  std::uint32_t live_ = 0;
  /// Where each subscriber's is, once there are too many to look through.
  std::unique_ptr<boost::unordered_flat_map<const Subscriber*, IndexedSubscription*>> places_;
};

struct SubscriptionList::Block {
  explicit Block(std::uint32_t size) : capacity(size), items(new IndexedSubscription[size]) {}
  const std::uint32_t capacity;
  std::atomic<std::uint32_t> count{0};
  std::unique_ptr<IndexedSubscription[]> items;
};

template <typename Visitor>
void SubscriptionList::for_each(Visitor&& visit) const {
  const Block* block = block_.load(std::memory_order_acquire);
  if (block == nullptr) return;
  const std::uint32_t count = block->count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    const IndexedSubscription& item = block->items[i];
    if (Subscriber* subscriber = item.subscriber.load(std::memory_order_acquire)) visit(*subscriber, item);
  }
}

/// One shared subscription: the receivers of a group on a filter.
struct SharedGroup {
  /// Never 0. The same for as long as messages are kept, hence no count. Two that both match one topic hardly ever
  /// share one; if they do, a message handed on may go to a member of the other.
  static std::uint32_t id_of(std::string_view filter, std::string_view name) noexcept;
  std::uint32_t id = 0;
  std::string name;
  std::atomic<SharedGroup*> next{nullptr};  // on the same filter; stays when this one is taken out
  SharedGroup* previous = nullptr;          // for writers
  SubscriptionList members;
  std::atomic<std::uint32_t> turn{0};  // where the search for the least loaded member begins
};

/// A trie of levels. Writers take a lock; readers walk it within a turn of their shard's epoch and hold on to nothing
/// longer, except through the generation: what was found stays true while generation_of(topic) stays the same.
class SubscriptionIndex {
 public:
  /// Never 0, which marks a slot nobody used.
  static std::size_t hash_of(std::string_view level) noexcept { return std::hash<std::string_view>{}(level) | 1; }

  explicit SubscriptionIndex(Epochs& epochs);
  ~SubscriptionIndex();

  /// TRELLIS_OK, TRELLIS_EXISTED when it replaced one, TRELLIS_QUOTA beyond options.limits. [the subscriber's shard]
  trellis_status subscribe(Subscriber& subscriber, const trellis_subscription& options);
  /// False when there was none. [any shard]
  bool unsubscribe(const Subscriber& subscriber, std::string_view filter, std::string_view group);

  /// Calls on_list(const SubscriptionList&) and on_group(SharedGroup&) for everything that matches. [a shard's turn]
  template <typename OnList, typename OnGroup>
  void match(std::string_view topic, OnList&& on_list, OnGroup&& on_group) const;

  /// Changes whenever a subscription that could match the topic comes or goes. [any]
  std::uint64_t generation_of(std::string_view topic) const noexcept;

 private:
  struct Node;
  struct Children;
  struct Ending {  // what ends at a node: there, or with "#" below it
    SubscriptionList plain;
    std::atomic<SharedGroup*> groups{nullptr};  // a list, so that a new one costs no more than the first
    bool empty() const noexcept;
  };
  static constexpr std::size_t kGenerations = 256;
  static std::size_t slot_of(std::string_view level) noexcept { return (hash_of(level) >> 1) % kGenerations; }

  bool full(const Subscriber& subscriber, const trellis_subscription& options) const;
  Node* descend(std::string_view filter, bool create, bool& multi_level);
  Node* child(const Node& node, std::string_view level, std::size_t hash) const noexcept;
  Node* make_child(Node& node, std::string_view level, std::size_t hash);
  static void copy_children(const Children& from, Children& to) noexcept;
  void prune(Node* node);
  void remove_child(Node& parent, Node& node);
  SharedGroup& group_of(Ending& ending, std::string_view filter, std::string_view name);
  void drop_group(Ending& ending, SharedGroup& group);
  void changed(std::string_view filter) noexcept;
  template <typename OnList, typename OnGroup>
  static void visit(const Ending& ending, OnList& on_list, OnGroup& on_group);
  template <typename OnList, typename OnGroup>
  void walk(const Node& node, std::string_view rest, bool more, bool wild, OnList& on_list, OnGroup& on_group) const;

  Epochs& epochs_;
  mutable std::mutex mutex_;  // writers
  std::unique_ptr<Node> root_;
  std::map<std::pair<const Ending*, std::string_view>, SharedGroup*> groups_;
  std::uint64_t total_ = 0;                                   // subscriptions
  std::map<std::string, std::uint32_t, std::less<>> shares_;  // of those, by name of their group
  std::array<std::atomic<std::uint64_t>, kGenerations> generations_{};
  std::atomic<std::uint64_t> wild_generation_{0};
};

struct SubscriptionIndex::Children {
  struct Slot {
    std::atomic<std::size_t> hash{0};
    std::atomic<Node*> node{nullptr};
  };
  explicit Children(std::size_t size) : mask(size - 1), slots(new Slot[size]) {}
  Slot& at(std::size_t position) noexcept { return slots[position & mask]; }
  const Slot& at(std::size_t position) const noexcept { return slots[position & mask]; }
  static std::size_t first(std::size_t hash) noexcept { return hash >> 1; }  // the last bit is always set
  std::size_t mask;
  std::size_t used = 0;  // removed ones included
  std::unique_ptr<Slot[]> slots;
};

// What a walk looks at comes first.
struct SubscriptionIndex::Node {
  Node(Node* above, std::string_view text, std::size_t level_hash) : level(text), parent(above), hash(level_hash) {}
  ~Node();
  const std::string level;
  std::atomic<Children*> children{nullptr};
  std::atomic<Node*> plus{nullptr};
  Ending here;
  Ending below;  // "#" as the last level
  Node* const parent;
  const std::size_t hash;
  std::size_t child_count = 0;
};

template <typename OnList, typename OnGroup>
void SubscriptionIndex::visit(const Ending& ending, OnList& on_list, OnGroup& on_group) {
  on_list(ending.plain);
  for (SharedGroup* group = ending.groups.load(std::memory_order_acquire); group != nullptr;
       group = group->next.load(std::memory_order_acquire)) {
    on_group(*group);
  }
}

template <typename OnList, typename OnGroup>
void SubscriptionIndex::walk(const Node& node, std::string_view rest, bool more, bool wild, OnList& on_list,
                             OnGroup& on_group) const {
  if (wild) visit(node.below, on_list, on_group);
  if (!more) {
    visit(node.here, on_list, on_group);
    return;
  }
  const std::size_t slash = rest.find('/');
  const std::string_view level = rest.substr(0, slash);
  const bool goes_on = slash != std::string_view::npos;
  const std::string_view next = goes_on ? rest.substr(slash + 1) : std::string_view();
  if (wild) {
    if (const Node* plus = node.plus.load(std::memory_order_acquire))
      walk(*plus, next, goes_on, true, on_list, on_group);
  }
  if (const Node* literal = child(node, level, hash_of(level))) {
    walk(*literal, next, goes_on, true, on_list, on_group);
  }
}

template <typename OnList, typename OnGroup>
void SubscriptionIndex::match(std::string_view topic, OnList&& on_list, OnGroup&& on_group) const {
  // Wildcards in the first level do not match topics of the broker's own.
  walk(*root_, topic, true, topic.empty() || topic[0] != '$', on_list, on_group);
}

}  // namespace trellis::kernel
