#include "shard.hpp"

#include <functional>
#include <new>
#include <trellis/view.hpp>
#include <utility>

#include "client.hpp"
#include "kept_session.hpp"

namespace trellis::mqtt {

Shard::Shard(const Common& common, trellis_shard* handle, std::uint32_t index)
    : common_(common), handle_(handle), index_(index) {}

Shard::~Shard() {
  if (due_timer_ != 0) common_.loop->cancel_timer(handle_, due_timer_);
}

Client* Shard::open(trellis_connection* connection) noexcept {
  const std::uint32_t name_space = info(connection).name_space;
  if (name_space >= common_.limits.size()) return nullptr;
  auto* client = new (std::nothrow) Client(*this, connection, name_space);
  if (client != nullptr) connections().set_timer(connection, limits(name_space).connect_timeout_ms);
  return client;
}

void Shard::close(Client* client, std::uint32_t reason) noexcept { client->on_close(reason); }

trellis_status Shard::restore(trellis_subscriber* subscriber, const trellis_kept_subscriber& kept,
                              const trellis_receiver** receiver, void** user) noexcept {
  if (kept.name_space >= common_.limits.size()) return TRELLIS_INVALID;
  auto session = KeptSession::load(text(kept.memo));
  if (!session) return TRELLIS_INVALID;
  auto* client = new (std::nothrow) Client(*this, nullptr, kept.name_space);
  if (client == nullptr) return TRELLIS_UNAVAILABLE;
  client->resume(subscriber, kept, std::move(*session));
  *receiver = &Client::receiver();
  *user = client;
  return TRELLIS_OK;
}

std::string Shard::assign_client_id(trellis_connection* connection, std::uint32_t name_space) {
  constexpr char digits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string id;
  do {
    id = limits(name_space).client_id_prefix;
    // 120 random bits: nobody guesses somebody else's session.
    for (unsigned word = 0; word < 4; ++word) {
      std::uint32_t bits = random_();
      for (unsigned digit = 0; digit < 6; ++digit, bits >>= 5) id += digits[bits & 31];
    }
  } while (subscribers().home(connection, view(id)) != index_);
  return id;
}

std::uint64_t Shard::charge_namespace(std::uint32_t name_space, Rated what, std::uint64_t amount) noexcept {
  const auto i = static_cast<std::size_t>(what);
  const std::uint64_t wait =
      common_.rates[name_space][i].charge(limits(name_space).namespace_rates[i], amount, now_ms());
  if (wait > 0) metrics().namespace_rated[i].add(handle_);
  return wait;
}

bool Shard::take_namespace(std::uint32_t name_space, Rated what) noexcept {
  const auto i = static_cast<std::size_t>(what);
  const bool taken = common_.rates[name_space][i].take(limits(name_space).namespace_rates[i], now_ms());
  if (!taken) metrics().namespace_rated[i].add(handle_);
  return taken;
}

bool Shard::may_connect(std::uint32_t name_space, std::string_view client_id, std::string_view identity) {
  constexpr auto i = static_cast<std::size_t>(Rated::connects);
  const std::uint32_t per_second = limits(name_space).session_rates[i];
  if (per_second == 0) return true;
  if (connects_ == nullptr) connects_ = std::make_unique<ConnectRates>();
  const std::hash<std::string_view> hash;
  const std::size_t client = hash(client_id) + 31 * hash(identity) + name_space;
  const bool taken = connects_->take(client, per_second, now_ms());
  if (!taken) metrics().session_rated[i].add(handle_);
  return taken;
}

void Shard::publish_will(const Will& will) {
  trellis_status result = TRELLIS_STATUS_UNSET;
  common_.publish->publish_as(handle_, view(common_.namespaces[will.name_space()]), will.client_id(), will.identity(),
                              &will.publication(), &result, 1);
  metrics().wills.add(handle_);
}

void Shard::publish_will_soon(std::unique_ptr<Will> will) {
  due_.push_back(std::move(will));
  if (due_timer_ == 0) due_timer_ = common_.loop->start_timer(handle_, 0, &Shard::on_due, this);
}

void Shard::on_due(void* user) {
  Shard& shard = *static_cast<Shard*>(user);
  shard.due_timer_ = 0;
  const auto due = std::exchange(shard.due_, {});
  for (const auto& will : due) shard.publish_will(*will);
}

bool Shard::may_warn(std::uint64_t& suppressed) {
  constexpr std::uint64_t interval_ms = 1000;
  const std::uint64_t now = common_.loop->now_ms(handle_);
  if (warned_ && now - last_warning_ms_ < interval_ms) {
    ++suppressed_;
    return false;
  }
  warned_ = true;
  last_warning_ms_ = now;
  suppressed = std::exchange(suppressed_, 0);
  return true;
}

}  // namespace trellis::mqtt
