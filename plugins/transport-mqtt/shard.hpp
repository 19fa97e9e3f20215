/// What the plugin keeps for one shard: the kernel's tables, scratch memory, wills that wait.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/host.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>
#include <trellis/abi/subscriber.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/host.hpp>
#include <vector>

#include "batch.hpp"
#include "common/mqtt/encode.hpp"
#include "limits.hpp"
#include "metrics.hpp"
#include "presence.hpp"
#include "quota_buckets.hpp"
#include "will.hpp"

namespace trellis::mqtt {

class Client;

/// What all shards share; written before the first of them opens.
struct Common {
  Host host;
  std::vector<Limits> limits;           // by namespace index
  std::vector<std::string> namespaces;  // their names
  std::unique_ptr<Buckets[]> rates;     // by namespace; these and the next are what changes here
  std::unique_ptr<QuotaTable> quotas;
  Metrics metrics;
  std::atomic<const Borrowed<trellis_streams>*> streams{nullptr};          // who has queues at the time; null: nobody
  std::atomic<const Borrowed<trellis_session_witness>*> witness{nullptr};  // who is told of clients; null: nobody
  mutable std::atomic<std::uint64_t> sequence{0};                          // of the last connection told of
  const trellis_host_connection* connection = nullptr;
  const trellis_host_identity* identity = nullptr;
  const trellis_host_publish* publish = nullptr;
  const trellis_host_subscriber* subscriber = nullptr;
  const trellis_host_loop* loop = nullptr;
};

/// Belongs to one loop; every member is used on it only.
class Shard {
 public:
  Shard(const Common& common, trellis_shard* handle, std::uint32_t index);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Client* open(trellis_connection* connection) noexcept;
  void close(Client* client, std::uint32_t reason) noexcept;
  /// A session that outlived the process.
  trellis_status restore(trellis_subscriber* subscriber, const trellis_kept_subscriber& kept,
                         const trellis_receiver** receiver, void** user) noexcept;

  const Common& common() const noexcept { return common_; }
  const trellis_host_connection& connections() const noexcept { return *common_.connection; }
  trellis_connection_info info(const trellis_connection* connection) const noexcept {
    trellis_connection_info info{};
    info.struct_size = sizeof info;
    connections().info(connection, &info);
    return info;
  }
  const trellis_host_subscriber& subscribers() const noexcept { return *common_.subscriber; }
  const Metrics& metrics() const noexcept { return common_.metrics; }
  const Limits& limits(std::uint32_t name_space) const noexcept { return common_.limits[name_space]; }
  trellis_shard* handle() const noexcept { return handle_; }
  std::uint32_t index() const noexcept { return index_; }
  std::uint64_t now_ms() const noexcept { return common_.loop->now_ms(handle_); }

  /// The rates of a whole namespace. charge() and take() as in Bucket.
  std::uint64_t charge_namespace(std::uint32_t name_space, Rated what, std::uint64_t amount) noexcept;
  bool take_namespace(std::uint32_t name_space, Rated what) noexcept;
  /// Whether somebody may connect under a client identifier as often.
  bool may_connect(std::uint32_t name_space, std::string_view client_id, std::string_view identity);

  /// A client identifier nobody uses whose session lives on this shard.
  std::string assign_client_id(trellis_connection* connection, std::uint32_t name_space);

  /// Publishes a will now.
  void publish_will(const Will& will);
  /// Publishes a will once the kernel has finished what it is doing: receivers must not publish from on_taken or
  /// on_ended.
  void publish_will_soon(std::unique_ptr<Will> will);

  /// Whether something may be said about a client's mistakes: once per second, with the number left out since.
  bool may_warn(std::uint64_t& suppressed);

  /// Hands what was counted since to the kernel.
  void flush_counts() noexcept {
    received.flush(metrics().received, metrics().publish_bytes_received, handle_);
    sent.flush(metrics().sent, metrics().publish_bytes_sent, handle_);
  }

  Presence presence{*this};
  Batch batch;
  PacketCounts received;
  PacketCounts sent;
  /// Of the on_deliver call under way.
  std::uint32_t delivered_messages = 0;
  std::uint64_t delivered_bytes = 0;
  /// Acknowledgements of the on_bytes call under way; see Client::acknowledge().
  std::uint8_t acks[1024];
  std::size_t ack_bytes = 0;
  /// Whose on_bytes call that is. Others may have to end meanwhile; the acknowledgements are not theirs.
  const Client* acting = nullptr;
  /// That client went to another shard and may be gone.
  bool moved = false;

 private:
  static void on_due(void* user);

  const Common& common_;
  trellis_shard* handle_;
  std::uint32_t index_;
  std::random_device random_;
  std::unique_ptr<ConnectRates> connects_;  // once somebody limits them
  std::vector<std::unique_ptr<Will>> due_;
  trellis_token due_timer_ = 0;
  std::uint64_t last_warning_ms_ = 0;
  std::uint64_t suppressed_ = 0;
  bool warned_ = false;
};

}  // namespace trellis::mqtt
