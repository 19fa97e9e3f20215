// Queues that a plugin fills and empties by itself.
#pragma once

#include <trellis/abi/queue.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <trellis/host.hpp>
#include <trellis/result.hpp>
#include <trellis/shard.hpp>
#include <trellis/view.hpp>
#include <utility>

namespace trellis {

/// The tables that queues need; found once.
struct QueueTables {
  explicit QueueTables(const Host& from) noexcept
      : host(from), subscribers(from.table<trellis_host_subscriber>()), queues(from.table<trellis_host_queue>()) {}
  Host host;
  const trellis_host_subscriber* subscribers;
  const trellis_host_queue* queues;
};

/// Hears of its queue. [shard]
class QueueOwner {
 public:
  /// There may be more than lease() answered.
  virtual void on_ready() noexcept = 0;
  /// It is gone. taken: another instance of the plugin has it now; else the broker stops, and it must not be opened
  /// again.
  virtual void on_lost(bool taken) noexcept = 0;

 protected:
  ~QueueOwner() = default;
};

/// One of them, which this plugin opened or got back. Everything is for the shard it lives on. It stays where it is
/// when this object goes, with its messages; close() ends it.
class Queue {
 public:
  Queue(const QueueTables& tables, const Shard& shard) noexcept : tables_(&tables), shard_(&shard) {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() { let_go(); }

  struct Options {
    std::uint32_t name_space = 0;
    std::string_view name;  ///< unique per namespace; begins with U+0001
    std::uint64_t messages = UINT32_MAX;
    std::uint64_t bytes = UINT64_MAX;
    std::uint32_t leases = 65'535;                     ///< most that are out at once
    std::uint64_t lease_bytes = 0;                     ///< most bytes of those; 0 is no limit
    std::uint32_t overflow = TRELLIS_OVERFLOW_REJECT;  ///< whoever offers more than it takes is refused
  };

  /// It outlives the process where the namespace has a store.
  Result<void> open(const Options& options, QueueOwner& owner) {
    owner_ = &owner;
    window_ = options.leases;
    trellis_subscriber_options asked{};
    asked.struct_size = sizeof asked;
    asked.flags = TRELLIS_SUBSCRIBER_OWN;
    asked.name_space = options.name_space;
    asked.window = options.leases;
    asked.window_bytes = options.lease_bytes;
    asked.name = view(options.name);
    asked.limits = {sizeof(trellis_queue_limits), options.overflow, options.messages, options.bytes, 0, 1};
    asked.receiver_shard = this;
    asked.owner = tables_->host.handle();
    asked.expiry_ms = UINT64_MAX;
    const trellis_status status = tables_->subscribers->open(shard_->handle(), &asked, &receiver(), this, &subscriber_);
    if (status != TRELLIS_OK && status != TRELLIS_EXISTED) return fail("the queue cannot be opened", Status{status});
    tables_->subscribers->attach(subscriber_, nullptr, window_);
    return ok();
  }

  /// Takes over what restore() of TRELLIS_RESTORER was given; returns the receiver and user it answers with.
  std::pair<const trellis_receiver*, void*> take(trellis_subscriber* restored, std::uint32_t leases,
                                                 QueueOwner& owner) {
    owner_ = &owner;
    window_ = leases;
    subscriber_ = restored;
    tables_->subscribers->attach(subscriber_, nullptr, window_);
    return {&receiver(), this};
  }

  /// Ends it: what is queued is gone.
  void close() noexcept {
    if (subscriber_ != nullptr) tables_->subscribers->close(std::exchange(subscriber_, nullptr));
  }
  bool is_open() const noexcept { return subscriber_ != nullptr; }
  trellis_subscriber* handle() const noexcept { return subscriber_; }

  /// How many were leased; messages live until they are settled.
  std::uint32_t lease(std::span<trellis_delivery> deliveries) const noexcept {
    return tables_->queues->lease(subscriber_, deliveries.data(), static_cast<std::uint32_t>(deliveries.size()));
  }
  std::uint32_t peek(std::span<trellis_delivery> deliveries) const noexcept {
    return tables_->queues->peek(subscriber_, deliveries.data(), static_cast<std::uint32_t>(deliveries.size()));
  }
  /// outcome: TRELLIS_SETTLE_…
  bool settle(std::uint64_t lease, std::uint32_t outcome) const noexcept {
    return tables_->subscribers->settle(subscriber_, lease, outcome) == TRELLIS_OK;
  }
  void set_tag(std::uint64_t lease, std::uint64_t tag) const noexcept {
    tables_->subscribers->set_tag(subscriber_, lease, tag);
  }
  /// Bytes that are kept with it, as long as it is. The view is good until the next set_memo().
  std::string_view memo() const noexcept { return text(tables_->subscribers->memo(subscriber_)); }
  void set_memo(std::string_view memo) const noexcept { tables_->subscribers->set_memo(subscriber_, view(memo)); }
  trellis_subscriber_stats stats() const noexcept {
    trellis_subscriber_stats stats{};
    stats.struct_size = sizeof stats;
    tables_->subscribers->stats(subscriber_, &stats);
    return stats;
  }

 private:
  static const trellis_receiver& receiver() noexcept {
    static constexpr trellis_receiver table{
        sizeof(trellis_receiver), [](void*, void*, const trellis_delivery*, std::uint32_t) {},
        [](void*, void* user, bool) {
          static_cast<Queue*>(user)->lost(true);
          return true;
        },
        [](void*, void* user, std::uint32_t) { static_cast<Queue*>(user)->lost(false); },
        [](void*, void* user) { static_cast<Queue*>(user)->owner_->on_ready(); }};
    return table;
  }
  void lost(bool taken) noexcept {
    subscriber_ = nullptr;
    owner_->on_lost(taken);
  }
  void let_go() noexcept {
    if (subscriber_ != nullptr) tables_->subscribers->detach(std::exchange(subscriber_, nullptr), UINT64_MAX);
  }

  const QueueTables* tables_;
  const Shard* shard_;
  QueueOwner* owner_ = nullptr;
  trellis_subscriber* subscriber_ = nullptr;
  std::uint32_t window_ = 0;
};

/// Calls function(bool kept) once all that was asked for on this shard until now is kept as well as that says
/// (TRELLIS_DURABILITY_…; 0: as the namespace says), perhaps before it returns. [shard]
template <std::invocable<bool> Function>
void when_kept(const QueueTables& tables, const Shard& shard, std::uint32_t name_space, std::uint32_t durability,
               Function function) {
  auto waiting = std::make_unique<Function>(std::move(function));
  tables.queues->when_kept(
      shard.handle(), name_space, durability,
      [](void* user, trellis_status status) {
        const std::unique_ptr<Function> mine(static_cast<Function*>(user));
        (*mine)(status == TRELLIS_OK);
      },
      waiting.release());
}

}  // namespace trellis
