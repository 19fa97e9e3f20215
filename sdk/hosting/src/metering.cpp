#include <fmt/format.h>
#include <trellis/abi/connection.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/plugin.h>
#include <trellis/abi/service.h>
#include <trellis/abi/store.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <trellis/hosting/fallback.hpp>
#include <trellis/hosting/instance.hpp>
#include <trellis/hosting/metering.hpp>
#include <trellis/runtime/log.hpp>
#include <utility>

namespace trellis::hosting {

struct TableOfKind {
  std::size_t size;
  void (*replace)(void* table);
  std::vector<const char*> hooks;
};

namespace {

using runtime::MetricType;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kTooSlow = "the plugin is too slow and is not asked for a while";

void tell(MeteredShard& on, Breaker::Change change) {
  using runtime::log::Level;
  if (change == Breaker::Change::none) return;
  if (change == Breaker::Change::closed_again) {
    return runtime::log::write(on.instance->name(), Level::info, "the plugin is fast again and is asked", {});
  }
  const BreakerSettings& settings = on.instance->isolation().breaker;
  on.shard->count(on.hooks[0].open, 1);
  on.shard->arm(on.pause, settings.pause_ms);
  runtime::log::write(on.instance->name(), Level::warn, kTooSlow,
                      {{"slower_than_ms", std::to_string(settings.slower_than_ns / 1'000'000)},
                       {"pause_ms", std::to_string(settings.pause_ms)},
                       {"shard", std::to_string(on.shard->index())}});
  const auto& isolate = on.instance->services().isolate;
  if (settings.isolate && isolate) isolate(on.instance->name());
}

// One call of a hook, for as long as it lasts.
class Call {
 public:
  Call(MeteredShard& on, std::size_t index) noexcept
      : on_(on), hook_(on.hooks[index]), timed_(on.turns[index]++ % Metering::kTimedEvery == 0 || on.breaker) {
    on_.shard->count(hook_.calls, 1);
    if (timed_) began_ = Clock::now();
  }
  ~Call() {
    if (!timed_) return;
    const auto took = static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - began_).count());
    const auto bucket = std::ranges::lower_bound(Hook::kBoundsNs, took) - Hook::kBoundsNs.begin();
    on_.shard->count(hook_.buckets[static_cast<std::size_t>(bucket)], 1);
    on_.shard->count(hook_.sum, static_cast<std::int64_t>(took));
    if (on_.breaker) tell(on_, on_.breaker->took(took, on_.shard->now_ms() + took / 1'000'000));
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  MeteredShard& on_;
  const Hook& hook_;
  const bool timed_;
  Clock::time_point began_;
};

constexpr int kUnmetered = -1;

// ---- what is answered while nobody is asked. The others have no breaker.

std::uint32_t verdict(const MeteredShard& on) { return on.instance->isolation().fallback; }

void bypass(MeteredShard& on, const trellis_credentials*, trellis_token, trellis_auth_answer* answer) {
  fallback::authenticate(verdict(on), kTooSlow, answer);
}
void bypass(MeteredShard& on, const trellis_access*, std::uint32_t* answers, std::uint32_t count) {
  std::fill(answers, answers + count, verdict(on));
}
trellis_status bypass(MeteredShard& on, const trellis_access*, trellis_client_limits*, trellis_error* error) {
  return fallback::admit(verdict(on), kTooSlow, error);
}
// Stages and predicates.
void bypass(MeteredShard& on, void*, const trellis_message* const*, std::uint32_t* verdicts, std::uint32_t count) {
  std::fill(verdicts, verdicts + count, verdict(on));
}
void bypass(MeteredShard& on, void*, const trellis_delivery*, const trellis_token* tokens, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    fallback::settle(*on.instance, tokens[i], on.instance->isolation().breaker.pause_ms, kTooSlow);
  }
}
void bypass(MeteredShard& on, void*, trellis_token token) {
  fallback::settle(*on.instance, token, on.instance->isolation().breaker.pause_ms, kTooSlow);
}
void bypass(MeteredShard& on, const trellis_request*, trellis_token token) {
  fallback::respond(*on.instance, token, kTooSlow);
}

// A function of a table whose first argument is the plugin's state of the shard.
template <auto Member, int Index>
struct Forward;
template <typename T, typename R, typename... A, R (*T::*Member)(void*, A...), int Index>
struct Forward<Member, Index> {
  static R call(void* shard, A... arguments) {
    auto& on = *static_cast<MeteredShard*>(shard);
    const auto function = static_cast<const T*>(on.table)->*Member;
    if constexpr (Index == kUnmetered) {
      return function(on.state, arguments...);
    } else {
      if constexpr (requires { bypass(on, arguments...); }) {
        if (on.breaker && !on.breaker->closed()) {
          on.shard->count(on.hooks[Index].bypassed, 1);
          return bypass(on, arguments...);
        }
      }
      const Call call(on, Index);
      return function(on.state, arguments...);
    }
  }
  // What the plugin does not have stays absent.
  static void replace(T& table) {
    if (table.*Member != nullptr) table.*Member = &call;
  }
};

// The functions of a kind that take the state of a shard: those that are metered, in this order, then the others.
template <typename T, auto... Metered>
struct Hooks {
  template <auto... Others>
  struct And {
    static void replace(void* table) {
      metered(*static_cast<T*>(table), std::make_integer_sequence<int, sizeof...(Metered)>());
      (Forward<Others, kUnmetered>::replace(*static_cast<T*>(table)), ...);
    }

   private:
    template <int... Index>
    static void metered(T& table, std::integer_sequence<int, Index...>) {
      (Forward<Metered, Index>::replace(table), ...);
    }
  };
};

using Authenticator = trellis_authenticator;
using Authorizer = trellis_authorizer;
using Layer = trellis_layer;
using Protocol = trellis_protocol;
using StoreTable = trellis_store;

const TableOfKind& table_of_kind(std::uint32_t kind) {
  static const TableOfKind kKinds[] = {
      {sizeof(Layer),
       &Hooks<Layer, &Layer::on_input, &Layer::on_output>::And<&Layer::on_open, &Layer::on_shutdown, &Layer::on_close,
                                                               &Layer::on_move, &Layer::recognise, &Layer::fact,
                                                               &Layer::on_look>::replace,
       {"on_input", "on_output"}},
      {sizeof(Protocol),
       &Hooks<Protocol, &Protocol::on_bytes>::And<&Protocol::on_open, &Protocol::on_authenticated, &Protocol::on_timer,
                                                  &Protocol::on_drain, &Protocol::on_close, &Protocol::on_response,
                                                  &Protocol::recognise, &Protocol::on_revoked>::replace,
       {"on_bytes"}},
      {sizeof(Authenticator),
       &Hooks<Authenticator, &Authenticator::authenticate>::And<&Authenticator::on_abandoned>::replace,
       {"authenticate"}},
      {sizeof(Authorizer),
       &Hooks<Authorizer, &Authorizer::authorize, &Authorizer::admit>::And<&Authorizer::explain>::replace,
       {"authorize", "admit"}},
      {sizeof(trellis_predicate), &Hooks<trellis_predicate, &trellis_predicate::judge>::And<>::replace, {"judge"}},
      {sizeof(trellis_stage), &Hooks<trellis_stage, &trellis_stage::on_messages>::And<>::replace, {"on_messages"}},
      {sizeof(trellis_handler),
       &Hooks<trellis_handler, &trellis_handler::deliver, &trellis_handler::check>::And<>::replace,
       {"deliver", "check"}},
      {sizeof(trellis_service), &Hooks<trellis_service, &trellis_service::on_request>::And<>::replace, {"on_request"}},
      {sizeof(StoreTable),
       &Hooks<StoreTable, &StoreTable::write, &StoreTable::read>::And<>::replace,
       {"write", "read"}},
  };
  return kKinds[kind - TRELLIS_KIND_LAYER];
}

Hook declare(const Instance& instance, const char* name) {
  Hook hook;
  if (instance.services().metrics == nullptr) return hook;
  Metrics& metrics = *instance.services().metrics;
  const std::string plugin = runtime::metric_label("plugin", instance.name());
  const std::string labels = fmt::format("{},hook=\"{}\"", plugin, name);
  if (instance.isolation().breaker.slower_than_ns != 0) {
    hook.bypassed = metrics.declare(MetricType::counter, "trellis_plugin_bypassed_total", labels,
                                    "Calls that a plugin was not asked, because it was too slow.");
    hook.open = metrics.declare(MetricType::gauge, "trellis_plugin_breakers_open", plugin,
                                "Shards that do not ask the plugin at the moment, because it is too slow.");
  }
  if (instance.kind() == TRELLIS_KIND_AUTHENTICATOR || instance.kind() == TRELLIS_KIND_SERVICE) {
    hook.timeouts = metrics.declare(MetricType::counter, "trellis_plugin_timeouts_total", labels,
                                    "Questions that a plugin did not answer in time.");
  }
  hook.calls =
      metrics.declare(MetricType::counter, "trellis_plugin_calls_total", labels, "Calls of a plugin's functions.");
  constexpr const char* kName = "trellis_plugin_call_nanoseconds";
  constexpr const char* kHelp = "How long calls of a plugin's functions took, of every 16th.";
  for (std::size_t i = 0; i < hook.buckets.size(); ++i) {
    const std::string bound = i < Hook::kBoundsNs.size() ? std::to_string(Hook::kBoundsNs[i]) : "+Inf";
    hook.buckets[i] = metrics.declare(MetricType::histogram, kName, fmt::format("{},le=\"{}\"", labels, bound), kHelp);
  }
  hook.sum = metrics.declare(MetricType::histogram, kName, labels, kHelp);
  return hook;
}

}  // namespace

Metering::Metering(std::uint32_t kind, const void* own) : own_(own) {
  const TableOfKind& known = table_of_kind(kind);
  table_ = std::make_unique<unsigned char[]>(known.size);
  copy(known);
}

// A plugin may be older than the table, and have less of it: the rest is null, as if it had it not.
void Metering::copy(const TableOfKind& known) {
  std::uint32_t size = 0;
  std::memcpy(&size, own_, sizeof size);
  std::memcpy(table_.get(), own_, std::min<std::size_t>(size, known.size));
  known.replace(table_.get());
}

Metering::~Metering() = default;

void MeteredShard::Pause::over(runtime::Timer& timer) {
  MeteredShard& on = static_cast<Pause&>(timer).home;
  on.breaker->pause_over();
  on.shard->count(on.hooks[0].open, -1);
  fallback::forget(*on.instance);
}

void Metering::start(const Instance& instance) {
  const BreakerSettings& breaker = instance.isolation().breaker;
  const TableOfKind& kind = table_of_kind(instance.kind());
  copy(kind);
  shards_ = std::vector<MeteredShard>(instance.services().shards.size());
  for (MeteredShard& one : shards_) {
    one.table = own_;
    one.instance = &instance;
    if (breaker.slower_than_ns != 0) one.breaker.emplace(breaker);
  }
  for (const char* const hook : kind.hooks) hooks_.push_back(declare(instance, hook));
}

void Metering::open(Shard& shard, void* state) {
  if (shard.index() >= shards_.size()) return;  // the plugin did not start
  MeteredShard& one = shards_[shard.index()];
  one.state = state;
  one.shard = &shard;
  if (state == nullptr) one.pause.cancel();
  one.hooks = hooks_.data();
}

void* Metering::shard(std::uint32_t index) noexcept {
  return index < shards_.size() && shards_[index].state != nullptr ? &shards_[index] : nullptr;
}

}  // namespace trellis::hosting
