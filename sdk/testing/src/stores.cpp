// The table stores answer through, and the driver that calls them.
#include "stores.hpp"

#include <algorithm>
#include <memory>
#include <thread>

#include "world.hpp"

namespace trellis::testing {
namespace {

/// The call a store answers, or null where it may not.
FakeStoreCall* open_call(World& world, HostHandle& handle, std::uint32_t shard, trellis_token token, bool reads) {
  const auto found = world.store_calls.all.find(token);
  if (found == world.store_calls.all.end() || found->second.instance != handle.instance) {
    world.violation(name_of(*handle.instance) + " answered a token that is none of its calls'");
    return nullptr;
  }
  FakeStoreCall& call = found->second;
  if (call.status != Status::unset || call.reads != reads || call.shard != shard) {
    world.violation(name_of(*handle.instance) + (call.status != Status::unset ? " answered a call twice"
                                                 : call.reads != reads        ? " answered a call as another kind"
                                                                              : " answered a call on another shard"));
    return nullptr;
  }
  return &call;
}

bool valid_answer(trellis_status status) { return status == TRELLIS_OK || status == TRELLIS_INTERNAL; }

void stored(trellis_host* host, std::uint32_t shard, trellis_token token, trellis_status status) {
  HostHandle& handle = handle_of(host);
  World& world = *handle.world;
  const std::lock_guard lock(world.mutex);
  FakeStoreCall* call = open_call(world, handle, shard, token, false);
  if (call == nullptr) return;
  auto& waiting = world.store_calls.waiting[{handle.instance, shard}];
  if (!valid_answer(status)) world.violation("stored() with status " + std::to_string(status));
  if (waiting.empty() || waiting.front() != token) {
    world.violation(name_of(*handle.instance) + " answered writes of one shard out of order");
  }
  std::erase(waiting, token);
  call->status = static_cast<Status>(status);
}

void entries(trellis_host* host, std::uint32_t shard, trellis_token token, trellis_status status,
             const trellis_store_entry* found, std::uint32_t count) {
  HostHandle& handle = handle_of(host);
  World& world = *handle.world;
  const std::lock_guard lock(world.mutex);
  FakeStoreCall* call = open_call(world, handle, shard, token, true);
  if (call == nullptr) return;
  if (!valid_answer(status)) world.violation("entries() with status " + std::to_string(status));
  if (count > call->most) world.violation(name_of(*handle.instance) + " gave more entries than were asked for");
  std::uint64_t last = call->after;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (found[i].number <= last) world.violation(name_of(*handle.instance) + " gave entries out of order");
    last = found[i].number;
    call->entries.push_back({found[i].number,
                             std::string(text(found[i].body)),
                             std::string(text(found[i].extra)),
                             {found[i].note.words[0], found[i].note.words[1]}});
  }
  call->status = static_cast<Status>(status);
}

constexpr trellis_host_store kStore{sizeof(trellis_host_store), &stored, &entries};

/// The store that offers backups, of those that were loaded; null: none does.
Instance* backing_up(trellis_host* host) {
  for (const auto& instance : handle_of(host).world->instances) {
    if (instance->table<trellis_store_backup>() != nullptr) return instance.get();
  }
  return nullptr;
}

trellis_status begin_backup(trellis_host* host, trellis_view name, trellis_error* error) {
  Instance* const store = backing_up(host);
  if (store != nullptr) return store->table<trellis_store_backup>()->begin(store->get(), name, error);
  error->size = 0;
  return TRELLIS_UNSUPPORTED;
}

void look_at_backup(trellis_host* host, void* user, void (*tell)(void* user, const trellis_backup* backup)) {
  Instance* const store = backing_up(host);
  if (store != nullptr) return store->table<trellis_store_backup>()->look(store->get(), user, tell);
  trellis_backup none{};
  none.struct_size = sizeof none;
  none.state = TRELLIS_BACKUP_NONE;
  tell(user, &none);
}

constexpr trellis_host_backup kBackup{sizeof(trellis_host_backup), 0, &begin_backup, &look_at_backup};

trellis_token begin(World& world, Instance& instance, FakeStoreCall call) {
  const std::lock_guard lock(world.mutex);
  const trellis_token token = world.next_token++;
  call.instance = &instance;
  if (!call.reads) world.store_calls.waiting[{&instance, call.shard}].push_back(token);
  world.store_calls.all.emplace(token, std::move(call));
  return token;
}

/// The same changes, with everything they refer to lent.
const trellis_store_change* lend(Lent& lent, const ChangeTable& table) {
  std::vector<trellis_store_change> all(table.data(), table.data() + table.size());
  for (trellis_store_change& change : all) {
    std::vector<trellis_store_target> targets(change.targets, change.targets + change.target_count);
    for (trellis_store_target& target : targets) target.extra = lent.text(text(target.extra));
    change.targets = lent.items(targets);
    change.body = lent.text(text(change.body));
    change.key = lent.text(text(change.key));
  }
  return lent.items(all);
}

void end(World& world, Instance& instance, std::uint32_t shard, trellis_token token, trellis_status status) {
  if (status == TRELLIS_OK) return;
  const std::lock_guard lock(world.mutex);
  FakeStoreCall& call = world.store_calls.all[token];
  if (status == TRELLIS_STATUS_UNSET) world.violation(name_of(instance) + " answered a call with status 0");
  if (call.status != Status::unset) world.violation(name_of(instance) + " answered a call that it did not take");
  call.status = static_cast<Status>(status);
  std::erase(world.store_calls.waiting[{&instance, shard}], token);
}

}  // namespace

const trellis_host_backup* backup_table() { return &kBackup; }
const trellis_host_store* store_table() { return &kStore; }

void World::expect_store_answers(const Instance& instance) {
  const std::lock_guard lock(mutex);
  for (auto& [token, call] : store_calls.all) {
    if (call.instance != &instance || call.status != Status::unset) continue;
    violation(name_of(instance) + " stopped without answering a " + (call.reads ? "read" : "write"));
    call.status = Status::internal;
  }
}

// --- changes

Change Change::append(std::vector<Target> targets, std::string_view body) {
  Change out;
  out.targets = std::move(targets);
  out.body = body;
  return out;
}
Change Change::append(std::uint64_t queue, std::uint64_t number, std::string_view body, std::string_view extra) {
  return append(std::vector<Target>{{queue, number, std::string(extra)}}, body);
}
Change Change::settle(std::uint64_t queue, std::uint64_t first, std::uint64_t last) {
  return {.kind = ChangeKind::settle, .queue = queue, .first = first, .last = last == 0 ? first : last};
}
Change Change::noted(std::uint64_t queue, std::uint64_t number, std::uint64_t word, std::uint64_t second) {
  return {.kind = ChangeKind::note, .queue = queue, .first = number, .note = {{word, second}}};
}
Change Change::marked(std::uint64_t queue, std::uint32_t mark) {
  return {.kind = ChangeKind::mark, .queue = queue, .mark = mark};
}
Change Change::unmarked(std::uint64_t queue, std::uint32_t mark) {
  return {.kind = ChangeKind::unmark, .queue = queue, .mark = mark};
}
Change Change::drop(std::uint64_t queue) { return {.kind = ChangeKind::drop, .queue = queue}; }
Change Change::put(std::string_view key, std::string_view value) {
  return {.kind = ChangeKind::put, .key = std::string(key), .body = std::string(value)};
}
Change Change::remove(std::string_view key) { return {.kind = ChangeKind::remove, .key = std::string(key)}; }

ChangeTable::ChangeTable(const std::vector<Change>& changes) {
  targets_.reserve(changes.size());
  for (const Change& from : changes) {
    auto& targets = targets_.emplace_back();
    for (const Change::Target& target : from.targets) {
      targets.push_back({target.queue, target.number, view(target.extra)});
    }
    changes_.push_back({static_cast<std::uint32_t>(from.kind), from.mark, from.queue, from.first, from.last,
                        view(from.body), view(from.key), targets.data(), static_cast<std::uint32_t>(targets.size()), 0,
                        from.note});
  }
}

// --- calls

Status StoreCall::status() const {
  const std::lock_guard lock(world_->mutex);
  return world_->store_calls.all.at(token_).status;
}

std::vector<StoredEntry> StoreCall::entries() const {
  const std::lock_guard lock(world_->mutex);
  return world_->store_calls.all.at(token_).entries;
}

StoreCall StoreDriver::write(const std::vector<Change>& changes, Durability level, std::uint32_t shard) const {
  const trellis_token token = begin(world(), instance(), {.shard = shard});
  trellis_status status = TRELLIS_STATUS_UNSET;
  {
    const ChangeTable table(changes);
    Lent lent = world().lent("write");
    const trellis_store_change* lent_changes = lend(lent, table);
    const CallScope scope("write", world().shards.at(shard).get(), false);
    status = instance().table<trellis_store>()->write(instance().shard(shard), lent_changes, table.size(),
                                                      static_cast<std::uint32_t>(level), token);
  }
  end(world(), instance(), shard, token, status);
  world().settle();
  return {world(), token};
}

StoreCall StoreDriver::read(std::uint64_t queue, std::uint64_t after, std::uint32_t entries, std::uint64_t bytes,
                            std::uint32_t shard) const {
  const trellis_token token =
      begin(world(), instance(), {.shard = shard, .reads = true, .after = after, .most = entries});
  trellis_status status = TRELLIS_STATUS_UNSET;
  {
    const CallScope scope("read", world().shards.at(shard).get(), false);
    status = instance().table<trellis_store>()->read(instance().shard(shard), queue, after, entries, bytes, token);
  }
  end(world(), instance(), shard, token, status);
  world().settle();
  return {world(), token};
}

Status StoreDriver::wait(const StoreCall& call, std::chrono::milliseconds real_time) const {
  const auto deadline = std::chrono::steady_clock::now() + real_time;
  while (!call.answered() && std::chrono::steady_clock::now() < deadline) {
    world().settle();
    std::this_thread::yield();
  }
  return call.status();
}

Status StoreDriver::put(const std::vector<Change>& changes, Durability level) const {
  return wait(write(changes, level));
}

std::vector<StoredEntry> StoreDriver::get(std::uint64_t queue, std::uint64_t after, std::uint32_t entries) const {
  const StoreCall call = read(queue, after, entries);
  wait(call);
  return call.entries();
}

Restored StoreDriver::restore() const {
  Restored out;
  const CallScope scope("restore", nullptr, false);
  instance().table<trellis_store>()->restore(
      instance().get(), &out,
      [](void* user, const trellis_store_queue* queue) {
        std::vector<std::uint32_t> marks(queue->marks, queue->marks + queue->mark_count);
        std::sort(marks.begin(), marks.end());
        static_cast<Restored*>(user)->queues[queue->queue] = {queue->first, queue->last, queue->entries, queue->bytes,
                                                              std::move(marks)};
      },
      [](void* user, const trellis_store_record* record) {
        static_cast<Restored*>(user)->records[std::string(text(record->key))] = text(record->value);
      });
  return out;
}

trellis_store_figures StoreDriver::figures() const {
  trellis_store_figures out{};
  out.struct_size = sizeof out;
  instance().table<trellis_store>()->figures(instance().get(), &out);
  return out;
}

}  // namespace trellis::testing
