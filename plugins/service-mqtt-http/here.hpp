/// What the plugin has on one shard.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>
#include <trellis/abi/subscriber.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/queue.hpp>
#include <trellis/service.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "call.hpp"
#include "metrics.hpp"
#include "rates.hpp"
#include "settings.hpp"

namespace mqtt_http {

class MqttHttp;

/// None of them is null: the plugin asks for them in its descriptor.
struct Tables {
  explicit Tables(const trellis::Host& host)
      : connection(host.table<trellis_host_connection>()),
        identity(host.table<trellis_host_identity>()),
        publish(host.table<trellis_host_publish>()),
        subscriber(host.table<trellis_host_subscriber>()) {}
  const trellis_host_connection* connection;
  const trellis_host_identity* identity;
  const trellis_host_publish* publish;
  const trellis_host_subscriber* subscriber;
};

/// How many of something there are at once, given back when it ends.
class Place {
 public:
  Place() = default;
  Place(Place&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (count_ != nullptr) --*count_;
  }
  explicit operator bool() const noexcept { return count_ != nullptr; }
  static Place take(std::size_t& count, std::size_t most) {
    Place place;
    if (count < most) {
      ++count;
      place.count_ = &count;
    }
    return place;
  }

 private:
  std::size_t* count_ = nullptr;
};

class Here {
 public:
  Here(MqttHttp& plugin, const trellis::Shard& shard);
  Here(const Here&) = delete;
  Here& operator=(const Here&) = delete;
  ~Here();

  void on_request(const trellis::Request& request, trellis::Reply reply);
  /// Streams end, and no new ones begin.
  void drain();

  const trellis::Shard& shard() const noexcept { return shard_; }
  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }
  const Tables& tables() const noexcept { return tables_; }
  const trellis::QueueTables& queues() const noexcept { return queues_; }
  std::string_view space_name(std::uint32_t index) const noexcept { return shard_.host().name_space(index).name; }
  Rates& rates() noexcept { return rates_; }
  bool draining() const noexcept { return draining_; }

  // Places of this shard.
  std::size_t scans = 0;
  std::size_t streams = 0;
  std::size_t outstanding = 0;

  /// Calls that wait for something.
  void hold(std::shared_ptr<Call> call);
  void let_go(Call& call);
  /// A refusal is logged, now and then.
  void mention(const Problem& problem, std::string_view peer);
  /// Frees it in the next turn, from nobody's call.
  void bury(std::shared_ptr<void> gone);
  /// Keeps what outlives its call, until it is buried or the shard closes.
  void keep(std::shared_ptr<void> one);
  void bury_kept(void* one);

  /// Told each second.
  struct Ticked {
    virtual void tick() = 0;

   protected:
    ~Ticked() = default;
  };
  void add(Ticked& one);
  void remove(Ticked& one) noexcept;

 private:
  void tick();

  const trellis::Shard& shard_;
  const Settings& settings_;
  const Metrics& metrics_;
  MqttHttp& plugin_;
  Tables tables_;
  trellis::QueueTables queues_;
  Rates rates_;
  std::unordered_map<Call*, std::shared_ptr<Call>> calls_;
  std::unordered_map<void*, std::shared_ptr<void>> kept_;
  std::vector<std::shared_ptr<void>> gone_;
  std::vector<Ticked*> ticked_;
  trellis::Timer timer_;
  std::chrono::milliseconds quiet_until_{0};
  bool draining_ = false;
};

}  // namespace mqtt_http
