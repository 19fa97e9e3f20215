#include "route/subscription_index.hpp"

#include <algorithm>
#include <cstddef>
#include <trellis/topic.hpp>
#include <utility>

namespace trellis::kernel {
namespace {

constexpr std::uint32_t kFirstBlock = 1;
constexpr std::uint32_t kManyInBlock = 64;

std::string_view first_level(std::string_view topic) noexcept { return topic.substr(0, topic.find('/')); }

}  // namespace

// ---- lists

SubscriptionList::~SubscriptionList() { delete block_.load(); }

IndexedSubscription* SubscriptionList::find(const Subscriber& subscriber) const {
  if (places_ != nullptr) {
    const auto place = places_->find(&subscriber);
    return place == places_->end() ? nullptr : place->second;
  }
  Block* block = block_.load(std::memory_order_relaxed);
  const std::uint32_t count = block == nullptr ? 0 : block->count.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (block->items[i].subscriber.load(std::memory_order_relaxed) == &subscriber) return &block->items[i];
  }
  return nullptr;
}

// A block with what is left, and none when nothing is.
SubscriptionList::Block* SubscriptionList::replace(std::uint32_t capacity, Epochs& epochs) {
  Block* const before = block_.load(std::memory_order_relaxed);
  Block* const after = capacity == 0 ? nullptr : new Block(capacity);
  places_.reset();
  if (capacity > kManyInBlock) places_ = std::make_unique<decltype(places_)::element_type>();
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; after != nullptr && before != nullptr && i < before->count.load(); ++i) {
    Subscriber* const subscriber = before->items[i].subscriber.load(std::memory_order_relaxed);
    if (subscriber == nullptr) continue;
    IndexedSubscription& to = after->items[kept++];
    static_cast<SubscriptionTerms&>(to) = before->items[i];
    to.subscriber.store(subscriber, std::memory_order_relaxed);
    if (places_ != nullptr) places_->emplace(subscriber, &to);
  }
  if (after != nullptr) after->count.store(kept, std::memory_order_relaxed);
  block_.store(after, std::memory_order_release);
  // Only what no reader can find any more may be retired.
  if (before != nullptr) epochs.retire([before] { delete before; });
  return after;
}

bool SubscriptionList::put(Subscriber& subscriber, const trellis_subscription& options, Epochs& epochs) {
  Block* block = block_.load(std::memory_order_relaxed);
  if (block == nullptr || block->count.load(std::memory_order_relaxed) == block->capacity) {
    block = replace(block == nullptr ? kFirstBlock : std::max(live_ * 2, kFirstBlock + 1), epochs);
  }
  IndexedSubscription* const old = find(subscriber);
  const std::uint32_t count = block->count.load(std::memory_order_relaxed);
  IndexedSubscription& item = block->items[count];
  static_cast<SubscriptionTerms&>(item) = {
      subscriber.shard_index(), options.identifier, static_cast<std::uint8_t>(options.qos),
      (options.flags & TRELLIS_SUBSCRIBE_NO_LOCAL) != 0, (options.flags & TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED) != 0};
  item.subscriber.store(&subscriber, std::memory_order_release);
  block->count.store(count + 1, std::memory_order_release);
  // The old entry is removed after the new one is there: no reader misses the subscriber.
  if (old != nullptr) {
    old->subscriber.store(nullptr, std::memory_order_release);
  } else {
    ++live_;
  }
  if (places_ != nullptr) (*places_)[&subscriber] = &item;
  return old != nullptr;
}

bool SubscriptionList::remove(const Subscriber& subscriber, Epochs& epochs) {
  IndexedSubscription* const item = find(subscriber);
  if (item == nullptr) return false;
  item->subscriber.store(nullptr, std::memory_order_release);
  if (places_ != nullptr) places_->erase(&subscriber);
  const Block& block = *block_.load(std::memory_order_relaxed);
  if (--live_ == 0 || (block.capacity > kManyInBlock && live_ * 4 < block.count.load(std::memory_order_relaxed))) {
    replace(live_ * 2, epochs);
  }
  return true;
}

// ---- the trie

SubscriptionIndex::Node::~Node() {
  delete plus.load();
  if (Children* table = children.load()) {
    for (std::size_t i = 0; i <= table->mask; ++i) delete table->slots[i].node.load();
    delete table;
  }
  for (Ending* ending : {&here, &below}) {
    for (SharedGroup *group = ending->groups.load(), *next = nullptr; group != nullptr; group = next) {
      next = group->next.load();
      delete group;
    }
  }
}

bool SubscriptionIndex::Ending::empty() const noexcept { return plain.empty() && groups.load() == nullptr; }

SubscriptionIndex::SubscriptionIndex(Epochs& epochs) : epochs_(epochs), root_(std::make_unique<Node>(nullptr, "", 0)) {}

SubscriptionIndex::~SubscriptionIndex() = default;

SubscriptionIndex::Node* SubscriptionIndex::child(const Node& node, std::string_view level,
                                                  std::size_t hash) const noexcept {
  const Children* table = node.children.load(std::memory_order_acquire);
  if (table == nullptr) return nullptr;
  for (std::size_t i = Children::first(hash);; ++i) {
    const Children::Slot& slot = table->at(i);
    Node* found = slot.node.load(std::memory_order_acquire);
    if (found == nullptr) {
      // A slot whose child was removed keeps its hash, so that longer chains stay whole.
      if (slot.hash.load(std::memory_order_relaxed) == 0) return nullptr;
      continue;
    }
    if (slot.hash.load(std::memory_order_relaxed) == hash && found->level == level) return found;
  }
}

SubscriptionIndex::Node* SubscriptionIndex::make_child(Node& node, std::string_view level, std::size_t hash) {
  Children* table = node.children.load(std::memory_order_relaxed);
  // Between half and three quarters full, each node at another point: trees are often the same below many levels, and a
  // hundred tables that grow with the same packet would hold up everybody.
  const auto full = [&node](std::size_t size) { return size / 2 + size / 4 * (node.hash >> 8 & 0xFF) / 0x100; };
  if (table == nullptr || table->used + 1 > full(table->mask + 1)) {
    std::size_t size = 4;
    while (size * 3 < (node.child_count + 1) * 4 * 2) size *= 2;
    auto* larger = new Children(size);
    if (table != nullptr) copy_children(*table, *larger);
    node.children.store(larger, std::memory_order_release);
    if (table != nullptr) epochs_.retire([table] { delete table; });
    table = larger;
  }
  auto* made = new Node(&node, level, hash);
  std::size_t at = Children::first(hash);
  while (table->at(at).hash.load(std::memory_order_relaxed) != 0) ++at;
  table->at(at).hash.store(hash, std::memory_order_relaxed);
  table->at(at).node.store(made, std::memory_order_release);
  ++table->used;
  ++node.child_count;
  return made;
}

// Looks at the slots alone: reading ten thousand nodes would hold up everybody who publishes meanwhile.
void SubscriptionIndex::copy_children(const Children& from, Children& to) noexcept {
  for (std::size_t i = 0; i <= from.mask; ++i) {
    Node* const node = from.slots[i].node.load(std::memory_order_relaxed);
    if (node == nullptr) continue;
    const std::size_t hash = from.slots[i].hash.load(std::memory_order_relaxed);
    std::size_t at = Children::first(hash);
    while (to.at(at).node.load(std::memory_order_relaxed) != nullptr) ++at;
    to.at(at).hash.store(hash, std::memory_order_relaxed);
    to.at(at).node.store(node, std::memory_order_relaxed);
    ++to.used;
  }
}

// The node where a filter ends; multi_level tells whether its last level is "#".
SubscriptionIndex::Node* SubscriptionIndex::descend(std::string_view filter, bool create, bool& multi_level) {
  Node* node = root_.get();
  multi_level = false;
  LevelCursor levels(filter);
  while (levels.more() && node != nullptr) {
    const std::string_view level = levels.next();
    if (level == "#") {
      multi_level = true;
      return node;
    }
    if (level == "+") {
      Node* plus = node->plus.load(std::memory_order_relaxed);
      if (plus == nullptr && create) {
        plus = new Node(node, "+", 0);
        node->plus.store(plus, std::memory_order_release);
      }
      node = plus;
      continue;
    }
    const std::size_t hash = hash_of(level);
    Node* next = child(*node, level, hash);
    node = next == nullptr && create ? make_child(*node, level, hash) : next;
  }
  return node;
}

std::uint32_t SharedGroup::id_of(std::string_view filter, std::string_view name) noexcept {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u; };
  for (const char c : name) add(c);
  add('\0');
  for (const char c : filter) add(c);
  return hash == 0 ? 1 : hash;
}

SharedGroup& SubscriptionIndex::group_of(Ending& ending, std::string_view filter, std::string_view name) {
  const auto found = groups_.find({&ending, name});
  if (found != groups_.end()) return *found->second;
  auto* group = new SharedGroup;
  group->id = SharedGroup::id_of(filter, name);
  group->name = name;
  groups_.emplace(std::pair(&ending, std::string_view(group->name)), group);
  SharedGroup* const first = ending.groups.load(std::memory_order_relaxed);
  group->next.store(first, std::memory_order_relaxed);
  if (first != nullptr) first->previous = group;
  ending.groups.store(group, std::memory_order_release);
  return *group;
}

// Whoever stands at the group goes on from it to those that follow.
void SubscriptionIndex::drop_group(Ending& ending, SharedGroup& group) {
  groups_.erase({&ending, group.name});
  SharedGroup* const next = group.next.load(std::memory_order_relaxed);
  (group.previous != nullptr ? group.previous->next : ending.groups).store(next, std::memory_order_release);
  if (next != nullptr) next->previous = group.previous;
}

void SubscriptionIndex::changed(std::string_view filter) noexcept {
  const std::string_view level = first_level(filter);
  if (level == "+" || level == "#") {
    wild_generation_.fetch_add(1, std::memory_order_release);
  } else {
    generations_[slot_of(level)].fetch_add(1, std::memory_order_release);
  }
}

std::uint64_t SubscriptionIndex::generation_of(std::string_view topic) const noexcept {
  return wild_generation_.load(std::memory_order_acquire) +
         generations_[slot_of(first_level(topic))].load(std::memory_order_acquire);
}

// Whether a new subscription would be one too many. Replacing one is always possible.
bool SubscriptionIndex::full(const Subscriber& subscriber, const trellis_subscription& options) const {
  const trellis_subscription_limits* most =
      options.struct_size <= offsetof(trellis_subscription, limits) ? nullptr : options.limits;
  if (most == nullptr) return false;
  const auto reached = [](std::uint64_t count, std::uint64_t limit) { return limit != 0 && count >= limit; };
  const std::string_view group = text_of(options.group);
  bool over = reached(total_, most->subscriptions);
  if (!group.empty()) {
    const auto share = shares_.find(group);
    const auto shared = [&] {
      return std::ranges::count_if(subscriber.subscriptions, [](const auto& held) { return !held.group.empty(); });
    };
    over = over || (most->shared != 0 && shared() >= most->shared) ||
           (share == shares_.end() ? reached(shares_.size(), most->groups)
                                   : reached(share->second, most->group_subscriptions));
  }
  return over && !subscriber.subscriptions.contains({std::string(text_of(options.filter)), std::string(group)});
}

trellis_status SubscriptionIndex::subscribe(Subscriber& subscriber, const trellis_subscription& options) {
  const std::lock_guard lock(mutex_);
  if (full(subscriber, options)) return TRELLIS_QUOTA;
  const std::string_view filter = text_of(options.filter);
  bool multi_level;
  Node* node = descend(filter, true, multi_level);
  Ending& ending = multi_level ? node->below : node->here;
  const std::string_view group = text_of(options.group);
  SubscriptionList& list = group.empty() ? ending.plain : group_of(ending, filter, group).members;
  const bool existed = list.put(subscriber, options, epochs_);
  changed(filter);
  if (existed) return TRELLIS_EXISTED;
  ++total_;
  if (!group.empty()) ++shares_[std::string(group)];
  return TRELLIS_OK;
}

bool SubscriptionIndex::unsubscribe(const Subscriber& subscriber, std::string_view filter, std::string_view group) {
  const std::lock_guard lock(mutex_);
  bool multi_level;
  Node* node = descend(filter, false, multi_level);
  if (node == nullptr) return false;
  Ending& ending = multi_level ? node->below : node->here;
  bool removed = false;
  SharedGroup* gone = nullptr;
  if (group.empty()) {
    removed = ending.plain.remove(subscriber, epochs_);
  } else if (const auto found = groups_.find({&ending, group}); found != groups_.end()) {
    SharedGroup& shared = *found->second;
    removed = shared.members.remove(subscriber, epochs_);
    if (shared.members.empty()) {
      drop_group(ending, shared);
      gone = &shared;
    }
  }
  if (removed) {
    --total_;
    const auto share = shares_.find(group);
    if (share != shares_.end() && --share->second == 0) shares_.erase(share);
    prune(node);
    changed(filter);
  }
  // Groups are remembered beyond a turn under their generation: only after it changed may they go.
  if (gone != nullptr) epochs_.retire([gone] { delete gone; });
  return removed;
}

// Takes out nodes that hold nothing any more, upwards.
void SubscriptionIndex::prune(Node* node) {
  while (node != root_.get() && node->here.empty() && node->below.empty() && node->child_count == 0 &&
         node->plus.load(std::memory_order_relaxed) == nullptr) {
    Node* parent = node->parent;
    remove_child(*parent, *node);
    node = parent;
  }
}

void SubscriptionIndex::remove_child(Node& parent, Node& node) {
  if (parent.plus.load(std::memory_order_relaxed) == &node) {
    parent.plus.store(nullptr, std::memory_order_release);
  } else {
    Children* table = parent.children.load(std::memory_order_relaxed);
    for (std::size_t i = Children::first(node.hash);; ++i) {
      Children::Slot& slot = table->at(i);
      if (slot.node.load(std::memory_order_relaxed) != &node) continue;
      slot.node.store(nullptr, std::memory_order_release);
      break;
    }
    --parent.child_count;
  }
  epochs_.retire([gone = &node] { delete gone; });
}

}  // namespace trellis::kernel
