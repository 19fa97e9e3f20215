// What outlives the process: the store, what it gives back at the start, and its answers.
#include <trellis/abi/store.h>

#include <trellis/keeping/encoding.hpp>
#include <trellis/resources/kept.hpp>
#include <trellis/runtime/log.hpp>

#include "app/broker.hpp"
#include "app/kept_subscribers.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

void stored(trellis_host* host, std::uint32_t shard_index, trellis_token token, trellis_status status) {
  Shard& shard = *Instance::of(host).services().shards.at(shard_index);
  shard.post([&shard, token, status] { ShardContext::of(shard).keeper.stored(token, status); });
}

void entries(trellis_host* host, std::uint32_t shard_index, trellis_token token, trellis_status status,
             const trellis_store_entry* found, std::uint32_t count) {
  std::vector<KeptEntry> kept;
  kept.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    kept.push_back(
        {found[i].number, decode(text_of(found[i].body)), std::string(text_of(found[i].extra)), found[i].note});
  }
  Shard& shard = *Instance::of(host).services().shards.at(shard_index);
  shard.post([&shard, token, status, kept = std::move(kept)]() mutable {
    ShardContext::of(shard).keeper.read_done(token, status, std::move(kept));
  });
}

/// What a start finds in the store.
struct Restored {
  Restored(Routers& to, KeptSubscribers& with_subscribers, const std::vector<NamespaceSettings>& as)
      : routers(to), subscribers(with_subscribers), settings(as) {}
  Routers& routers;
  KeptSubscribers& subscribers;
  const std::vector<NamespaceSettings>& settings;
  const std::int64_t now = unix_ms();
  std::vector<std::string> over;  // keys of what is not wanted any more: expired, or volatile by now
  resources::Restoring resources;
  std::size_t retained = 0;
  std::size_t elsewhere = 0;  // of namespaces that are not configured now
  std::size_t refused = 0;    // beyond the limits of today
  std::size_t broken = 0;

  void take(std::string_view key, std::string_view value) {
    if (key.starts_with(resources::kKeptKey)) {
      if (!resources.add(key, value)) ++broken;
      return;
    }
    if (subscribers.take(key, value)) return;
    const auto named = Retained::read_key(key);
    if (!named) {
      ++broken;
      return;
    }
    for (const auto& space : routers.namespaces) {
      if (space->name != named->name_space) continue;
      const MessagePtr message = decode(value);
      if (!message || message->topic() != named->topic) {
        ++broken;
      } else if (message->expired(now) ||
                 settings[space->index].durability.of_retained(named->topic) <= TRELLIS_DURABILITY_VOLATILE) {
        over.emplace_back(key);
      } else {
        ++(space->retained.store(*message) ? retained : refused);
      }
      return;
    }
    ++elsewhere;
  }
};

}  // namespace

const trellis_host_store& store_table() {
  static constexpr trellis_host_store table{sizeof(trellis_host_store), &stored, &entries};
  return table;
}

// One shard keeps them all, in the order in which they changed.
void Broker::keep_resources(std::function<void()> told) {
  if (kept_resources_ == nullptr) return told();
  shards_.front()->shard.post([&kept = *kept_resources_, records = changed_resources_.take(),
                               told = std::move(told)]() mutable { kept.add(std::move(records), std::move(told)); });
}

bool Broker::can_keep() const {
  if (kept_resources_ == nullptr) return true;
  trellis_store_figures now{};
  now.struct_size = sizeof now;
  const Instance& instance = *instances_.at(settings_.store);
  instance.table<trellis_store>(TRELLIS_STORE)->figures(instance.handle(), &now);
  return now.state == TRELLIS_STORE_STATE_GOOD && !Keeper::anyone_behind();
}

// Before clients come: what they find is what was there when the process ended.
bool Broker::start_store(std::string& error) {
  if (settings_.store.empty()) return true;
  return start_instances(stores(), {}, error) && restore(error);
}

Instances Broker::stores() const {
  Instances stores;
  if (!settings_.store.empty()) stores.insert(*instances_.find(settings_.store));
  return stores;
}

bool Broker::restore(std::string& error) {
  const Instance& instance = *instances_.at(settings_.store);
  const auto& store = *instance.kind_table<trellis_store>();
  services_.backup = instance.table<trellis_store_backup>(TRELLIS_STORE_BACKUP);
  services_.backup_store = instance.handle();
  kept_subscribers_ = std::make_unique<KeptSubscribers>(routers_, settings_.namespaces);
  Restored restored(routers_, *kept_subscribers_, settings_.namespaces);
  const trellis_status status = store.restore(
      instance.handle(), &restored,
      [](void* user, const trellis_store_queue* queue) { static_cast<Restored*>(user)->subscribers.take(*queue); },
      [](void* user, const trellis_store_record* record) {
        static_cast<Restored*>(user)->take(text_of(record->key), text_of(record->value));
      });
  if (status != TRELLIS_OK) {
    error = "store \"" + settings_.store + "\": some of what it kept cannot be read; the log tells what";
    return false;
  }
  on_each_shard([&](ShardContext& context) {
    context.keeper.set_store(&store, instance.handle(), instance.kind_shard(context.shard.index()));
    if (context.shard.index() != 0) return;
    for (const std::string& key : restored.over) context.keeper.remove(TRELLIS_DURABILITY_WRITTEN, key);
  });
  kept_resources_ = std::make_unique<KeptRecords>(shards_.front()->shard, shards_.front()->keeper);
  const auto left_out = restored.resources.apply(resources_);
  for (const std::string& why : left_out) log::warn("app", "resource left in the store: " + why);
  resources_.observe(changed_resources_);
  resources_.listen(changed_resources_);
  log::info(
      "app", "restored",
      {{"retained", std::to_string(restored.retained)}, {"resources", std::to_string(restored.resources.size())}});
  restoring_ = std::move(restored.resources);
  const std::size_t left = restored.elsewhere + restored.refused + restored.broken;
  if (left == 0) return true;
  log::warn("app", "records of the store left where they are",
            {{"of_other_namespaces", std::to_string(restored.elsewhere)},
             {"beyond_limits", std::to_string(restored.refused)},
             {"not_understood", std::to_string(restored.broken)}});
  return true;
}

}  // namespace trellis::kernel
