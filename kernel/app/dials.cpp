#include "app/dials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <trellis/host_names.hpp>
#include <utility>

#include "app/shard_context.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

constexpr const char* kReasons[] = {"",        "name",  "forbidden", "connect", "layer",
                                    "timeout", "limit", "settings",  "stopped"};

std::uint32_t reason_of(runtime::Dialled::Outcome outcome) {
  switch (outcome) {
    case runtime::Dialled::Outcome::no_name:
      return TRELLIS_DIAL_NAME;
    case runtime::Dialled::Outcome::forbidden:
      return TRELLIS_DIAL_FORBIDDEN;
    case runtime::Dialled::Outcome::timeout:
      return TRELLIS_DIAL_TIMEOUT;
    default:
      return TRELLIS_DIAL_CONNECT;
  }
}

}  // namespace

OutboundMetrics::OutboundMetrics(Metrics& m, const ConnectionMetrics& accepted) : connections(accepted) {
  connections.open =
      m.declare(MetricType::gauge, "trellis_outbound_connections", "", "Open connections made from here.");
  connections.opened = m.declare(MetricType::counter, "trellis_outbound_connections_opened_total", "",
                                 "Connections made from here to others.");
  for (std::uint32_t reason = 1; reason <= TRELLIS_DIAL_STOPPED; ++reason) {
    failures[reason] =
        m.declare(MetricType::counter, "trellis_outbound_failures_total",
                  fmt::format("reason=\"{}\"", kReasons[reason]), "Connections that did not come about.");
  }
}

/// One that is not open yet, or TXT records asked for.
struct Dials::Dial {
  Dials* home;
  trellis_token token;
  const Instance* from;
  void* user;
  std::string host = {};
  std::uint32_t port = 0;
  std::string alpn = {};
  std::uint64_t deadline_ms = 0;
  std::vector<std::shared_ptr<Instance>> layers = {};
  const trellis_protocol* protocol = nullptr;
  trellis_dial_failed_fn failed = nullptr;
  trellis_texts_fn texts = nullptr;
  std::uint64_t under_way = 0;      // of the dialler, while that is at work
  std::optional<Front> front = {};  // while its layers agree
  bool too_slow = false;
};

Dials::Dials(ShardContext& home, runtime::Resolver& resolver, std::shared_ptr<ListenerState> state,
             const OutboundMetrics& metrics)
    : home_(home), resolver_(resolver), state_(std::move(state)), metrics_(metrics), dialler_(home.shard, resolver) {}

Dials::~Dials() = default;

void Dials::set(std::shared_ptr<const Outbound> outbound) {
  outbound_ = std::move(outbound);
  dialler_.set_rules(outbound_->rules);
}

Dials::Dial& Dials::add(const Instance& from, void* user) {
  const trellis_token token = (trellis_token{home_.shard.index()} << 56) | ++last_;
  return *dials_.emplace(token, std::make_unique<Dial>(Dial{this, token, &from, user})).first->second;
}

std::unique_ptr<Dials::Dial> Dials::take(trellis_token token) {
  const auto found = dials_.find(token);
  if (found == dials_.end()) return nullptr;
  std::unique_ptr<Dial> dial = std::move(found->second);
  dials_.erase(found);
  return dial;
}

// Which layers, and where to connect to. Answers what is wrong.
std::optional<Dials::Failure> Dials::prepare(Dial& dial, const trellis_dial_target& target,
                                             runtime::Dialler::Target& to) const {
  const OutboundSettings& settings = outbound_->settings;
  const auto literal = Address::numeric(dial.host);
  if ((!literal && !is_host_name(dial.host)) || dial.port == 0 || dial.port > UINT16_MAX) {
    return Failure{TRELLIS_DIAL_SETTINGS, fmt::format("\"{}:{}\" is nowhere to connect to", dial.host, dial.port)};
  }
  const std::uint64_t timeout = target.timeout_ms != 0 ? target.timeout_ms : settings.timeout_ms;
  dial.deadline_ms = home_.shard.now_ms() + timeout;
  to = {dial.host, static_cast<std::uint16_t>(dial.port), timeout, false};
  if (!settings.proxy_layer.empty() && outbound_->direct.find(dial.host) == nullptr) {
    // A name is the proxy's to look up.
    const std::string refusal = literal ? outbound_->rules->refusal(*literal) : "";
    if (!refusal.empty()) {
      return Failure{TRELLIS_DIAL_FORBIDDEN, fmt::format("{} is not dialled: {}", dial.host, refusal)};
    }
    dial.layers.push_back(outbound_->layers.at(settings.proxy_layer));
    to = {outbound_->proxy_host, outbound_->proxy_port, timeout, true};
  }
  if ((target.flags & TRELLIS_DIAL_SECURE) == 0) return std::nullopt;
  const std::string_view named = text_of(target.layer);
  const auto layer = outbound_->layers.find(named.empty() ? settings.tls : std::string(named));
  if (layer != outbound_->layers.end()) {
    dial.layers.push_back(layer->second);
    return std::nullopt;
  }
  if (!named.empty()) {
    return Failure{TRELLIS_DIAL_SETTINGS, fmt::format("\"outbound\".\"layers\" does not have \"{}\"", named)};
  }
  return Failure{TRELLIS_DIAL_SETTINGS,
                 fmt::format("nothing encrypts the connection to {}: set \"outbound\": {{\"tls\": \"transport-tls\"}}",
                             dial.host)};
}

trellis_token Dials::dial(const Instance& from, const trellis_dial_target& target, const trellis_protocol& protocol,
                          void* user, trellis_dial_failed_fn failed) {
  if (ended_.contains(&from)) return 0;
  Dial& made = add(from, user);
  const trellis_token token = made.token;
  made.host = text_of(target.host);
  made.port = target.port;
  made.alpn = text_of(target.alpn);
  made.protocol = &protocol;
  made.failed = failed;
  runtime::Dialler::Target to;
  auto wrong = prepare(made, target, to);
  if (!wrong && !state_->own.enter()) {
    wrong = Failure{TRELLIS_DIAL_LIMIT, "\"outbound\".\"connections\" are open already"};
  }
  if (wrong) {
    home_.shard.post([this, token, why = std::move(*wrong)] { fail(token, why.reason, why.text); });
  } else {
    state_->all->enter();
    state_->load.add(home_.shard.index());
    made.under_way = dialler_.dial(std::move(to), [this, token](const auto& result) { connected(token, result); });
  }
  return token;
}

void Dials::fail(trellis_token token, std::uint32_t reason, std::string_view text) {
  const auto dial = take(token);
  if (dial == nullptr) return;
  if (dial->texts != nullptr) return dial->texts(dial->user, TRELLIS_UNAVAILABLE, nullptr, 0);
  home_.shard.count(metrics_.failures[reason], 1);
  dial->failed(dial->user, reason, view_of(text));
}

void Dials::stop_dialling(Dial& dial) {
  if (dial.under_way == 0) return;
  dialler_.cancel(std::exchange(dial.under_way, 0));
  state_->leave(home_.shard.index());
}

bool Dials::cancel(trellis_token token) {
  const std::unique_ptr<Dial> over = take(token);
  if (over == nullptr) return false;
  stop_dialling(*over);
  if (over->front) over->front->connection.close_now(TRELLIS_CLOSE_PROTOCOL);
  return true;
}

void Dials::end(const Instance& from) {
  ended_.insert(&from);  // what hears of an end may want to begin again
  for (const auto& endpoint : home_.endpoints) {
    if (endpoint->dialler != &from) continue;
    endpoint->for_each([](Connection& connection) { connection.close_now(TRELLIS_CLOSE_SHUTDOWN); });
  }
  std::vector<trellis_token> own;
  for (const auto& [token, dial] : dials_) {
    if (dial->from == &from) own.push_back(token);
  }
  for (const trellis_token token : own) {
    const auto found = dials_.find(token);
    if (found == dials_.end()) continue;  // cancelled by what was told of another one's end
    stop_dialling(*found->second);
    fail(token, TRELLIS_DIAL_STOPPED, "the plugin stops");
  }
}

// ---- once it is connected

// Plays the protocol until the last layer is ready. Its shard state is the Dial.
const trellis_protocol& Dials::agreeing() {
  static constexpr trellis_protocol kAgreeing{
      sizeof(trellis_protocol),
      [](void* shard, trellis_connection* handle) -> void* {
        Dial& dial = *static_cast<Dial*>(shard);
        const std::uint64_t now = dial.home->home_.shard.now_ms();
        Connection::of(handle).set_timer(dial.deadline_ms > now ? dial.deadline_ms - now : 1);
        return &dial.front.emplace(Connection::of(handle));
      },
      [](void*, void* user, const std::uint8_t*, std::size_t size, std::size_t*) {
        static_cast<Front*>(user)->connection.close();  // a layer that is not ready hands nothing up
        return size;
      },
      nullptr,
      [](void* shard, void* user) {
        static_cast<Dial*>(shard)->too_slow = true;
        static_cast<Front*>(user)->connection.close_now(TRELLIS_CLOSE_PROTOCOL);
      },
      nullptr,
      [](void* shard, void* user, std::uint32_t reason) {
        Dial& dial = *static_cast<Dial*>(shard);
        if (reason == TRELLIS_CLOSE_MOVED) return (void)dial.home->take(dial.token);
        std::string why(static_cast<Front*>(user)->connection.fact(TRELLIS_FACT_ERROR));
        std::uint32_t failure = TRELLIS_DIAL_LAYER;
        if (dial.too_slow) failure = TRELLIS_DIAL_TIMEOUT;
        if (reason == TRELLIS_CLOSE_SHUTDOWN) failure = TRELLIS_DIAL_STOPPED;
        if (dial.too_slow) why = "it was not agreed in time how to talk";
        if (why.empty()) why = "the connection was closed before it was agreed how to talk";
        dial.home->fail(dial.token, failure, fmt::format("{}:{}: {}", dial.host, dial.port, why));
      },
      nullptr,
      nullptr,
      nullptr};
  return kAgreeing;
}

std::shared_ptr<ListenerEndpoint> Dials::endpoint(const Dial& dial, std::size_t layers) {
  static const auto kNoFamily = std::make_shared<const std::vector<std::weak_ptr<Endpoint>>>();
  auto made = std::make_shared<ListenerEndpoint>(home_, kNoFamily);
  made->listener = state_;
  made->dialler = dial.from;
  made->dialled_host = dial.host;
  made->dialled_port = dial.port;
  made->dialled_alpn = dial.alpn;
  made->homes = &home_.router.homes();
  made->answers_requests = true;  // open until those who use it are drained
  made->metrics = &metrics_.connections;
  for (std::size_t i = 0; i < layers; ++i) {
    const Instance& layer = made->keep(dial.layers[i]);
    made->layers.push_back({layer.kind_table<trellis_layer>(), layer.kind_shard(home_.shard.index())});
  }
  home_.endpoints.push_back(made);
  return made;
}

// The first layer is opened now, each further one when the one below is ready, the protocol at last.
void Dials::connected(trellis_token token, const runtime::Dialled& result) {
  Dial& dial = *dials_.at(token);
  dial.under_way = 0;
  if (result.outcome != runtime::Dialled::Outcome::connected) {
    state_->leave(home_.shard.index());
    return fail(token, reason_of(result.outcome), result.error);
  }
  auto first = endpoint(dial, dial.layers.size());
  first->protocol = dial.protocol;
  first->protocol_shard = dial.user;
  for (std::size_t layers = dial.layers.size(); layers > 0; --layers) {
    auto stage = endpoint(dial, layers);
    stage->protocol = &agreeing();
    stage->protocol_shard = &dial;
    stage->choices.push_back({nullptr, nullptr, std::move(first)});
    first = std::move(stage);
  }
  const std::uint32_t loopback = result.peer.loopback() ? TRELLIS_CONNECTION_LOOPBACK : 0;
  const std::unique_ptr<Dial> open = dial.layers.empty() ? take(token) : nullptr;
  Connection::open(std::move(first), result.fd, loopback | TRELLIS_CONNECTION_DIALLED, PeerAddress(result.peer));
  // A layer that refuses says so before anybody is there to be told.
  if (open == nullptr && dials_.contains(token) && !dial.front) fail(token, TRELLIS_DIAL_LAYER, "a layer refuses it");
}

// ---- TXT records

trellis_token Dials::lookup_texts(const Instance& from, std::string_view name, void* user, trellis_texts_fn answer) {
  if (ended_.contains(&from)) return 0;
  Dial& made = add(from, user);
  made.texts = answer;
  resolver_.texts(std::string(name), [&shard = home_.shard, this, token = made.token](const auto& found) {
    shard.post([this, token, found] { answered(token, found); });
  });
  return made.token;
}

void Dials::answered(trellis_token token, const runtime::Resolver::Texts& found) {
  const auto dial = take(token);
  if (dial == nullptr) return;
  using Outcome = runtime::Resolver::Outcome;
  const trellis_status status = found.outcome == Outcome::found  ? TRELLIS_OK
                                : found.outcome == Outcome::none ? TRELLIS_NO_MATCH
                                                                 : TRELLIS_UNAVAILABLE;
  std::vector<trellis_view> texts;
  for (const std::string& one : found.texts) texts.push_back(view_of(one));
  dial->texts(dial->user, status, texts.data(), static_cast<std::uint32_t>(texts.size()));
}

}  // namespace trellis::kernel
