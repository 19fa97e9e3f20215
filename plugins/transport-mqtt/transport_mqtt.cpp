#include "transport_mqtt.hpp"

#include "client.hpp"

namespace trellis::mqtt {

Result<void> TransportMqtt::start() {
  common_.host = host();
  common_.connection = host().table<trellis_host_connection>();
  common_.identity = host().table<trellis_host_identity>();
  common_.publish = host().table<trellis_host_publish>();
  common_.subscriber = host().table<trellis_host_subscriber>();
  common_.loop = host().loop();
  for (std::uint32_t index = 0; index < host().namespace_count(); ++index) {
    const Namespace name_space = host().name_space(index);
    const auto config = name_space.config();
    if (!config) return config.error();
    common_.limits.push_back(Limits::read(*config));
    common_.namespaces.emplace_back(name_space.name);
  }
  common_.rates = std::make_unique<Buckets[]>(common_.limits.size());
  common_.quotas = std::make_unique<QuotaTable>();
  common_.metrics = Metrics::declare(host());
  return ok();
}

void TransportMqtt::lenders_changed() {
  follow(common_.streams, lenders_);
  follow(common_.witness, witnesses_);
}

template <class Table>
void TransportMqtt::follow(std::atomic<const Borrowed<Table>*>& used, std::deque<Borrowed<Table>>& all) {
  const auto found = borrow<Table>(host());
  const auto* const before = used.load(std::memory_order_relaxed);
  if (!found) return used.store(nullptr, std::memory_order_release);
  if (before != nullptr && before->same_lender(*found)) return;
  all.push_back(*found);
  used.store(&all.back(), std::memory_order_release);
}

const trellis_protocol& TransportMqtt::protocol() const noexcept {
  static constexpr trellis_protocol table = protocol_table<Shard, Client>();
  return table;
}

const void* TransportMqtt::table(std::string_view id) {
  static constexpr trellis_restorer restorer{
      sizeof(trellis_restorer),
      [](void* shard, trellis_subscriber* subscriber, const trellis_kept_subscriber* kept,
         const trellis_receiver** receiver, void** user) -> trellis_status {
        return static_cast<Shard*>(shard)->restore(subscriber, *kept, receiver, user);
      }};
  return id == kTableId<trellis_restorer> ? &restorer : WithLenders::table(id);
}

}  // namespace trellis::mqtt
