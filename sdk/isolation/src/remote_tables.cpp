#include "remote_tables.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/hosting/fallback.hpp>
#include <trellis/isolation/contract.hpp>
#include <trellis/runtime/views.hpp>
#include <vector>

#include "remote_shard.hpp"

namespace trellis::isolation {
namespace {

namespace fallback = hosting::fallback;
using runtime::text_of;
using runtime::view_of;

constexpr std::string_view kAway = "the plugin does not answer at the moment";
constexpr std::uint64_t kAwayMs = 1000;

const hosting::Instance& instance_of(RemoteShard& shard) noexcept {
  return hosting::Instance::of(shard.remote().host());
}
RemoteShard& of(void* shard) noexcept { return *static_cast<RemoteShard*>(shard); }
const Object& object_of(void* opened) noexcept { return *static_cast<const Object*>(opened); }

void* open_object(void* instance, trellis_view text, trellis_error* error) {
  return static_cast<Remote*>(instance)->open(text_of(text), error);
}
void release_object(void* instance, void* opened) {
  static_cast<Remote*>(instance)->release(static_cast<Object*>(opened));
}

// Verdicts for all of them; empty where the answer is none.
std::vector<std::uint32_t> verdicts_of(Decoder& body, std::uint32_t count) {
  std::vector<std::uint32_t> verdicts(body.count(sizeof(std::uint32_t)));
  for (std::uint32_t& verdict : verdicts) body(verdict);
  if (body.failed() || verdicts.size() != count) verdicts.clear();
  return verdicts;
}

void give_up(RemoteShard& shard, std::uint32_t* verdicts, std::uint32_t count) {
  std::fill(verdicts, verdicts + count, shard.fallback());
  shard.count_fallbacks(count);
}

void encode_messages(Encoder& out, const trellis_message* const* messages, std::uint32_t count) {
  out(count);
  for (std::uint32_t i = 0; i < count; ++i) fields(out, *messages[i]);
}

// ---- stages and predicates

void encode_batch(Encoder& out, const trellis_host_stage& host, trellis_batch* batch) {
  out(host.name_space(batch));
  const trellis_identity* const publisher = host.publisher(batch);
  out(publisher != nullptr);
  if (publisher != nullptr) fields(out, *publisher);
}

// What the plugin put in place of messages, and behind them.
bool take_edits(Decoder& body, const trellis_host_stage& host, trellis_batch* batch) {
  for (std::size_t left = body.count(kLeastPublication); left > 0; --left) {
    const auto index = body.number<std::uint32_t>();
    trellis_publication message{};
    fields(body, message);
    if (!body.failed()) host.replace(batch, index, &message);
  }
  for (std::size_t left = body.count(kLeastPublication); left > 0; --left) {
    trellis_publication message{};
    fields(body, message);
    if (!body.failed()) host.copy(batch, &message);
  }
  return body.done();
}

void on_messages(void* state, trellis_batch* batch, const trellis_message* const* messages, std::uint32_t* verdicts,
                 std::uint32_t count) {
  RemoteShard& shard = of(state);
  const auto& host = *shard.remote().host_table<trellis_host_stage>(TRELLIS_HOST_STAGE);
  Encoder& out = shard.begin();
  encode_batch(out, host, batch);
  encode_messages(out, messages, count);
  const auto reply = shard.call(Frame::stage);
  if (!reply) return give_up(shard, verdicts, count);
  Decoder body(*reply);
  const auto judged = verdicts_of(body, count);
  if (judged.empty() || !take_edits(body, host, batch)) return give_up(shard, verdicts, count);
  std::ranges::copy(judged, verdicts);
}

void judge(void* state, void* compiled, const trellis_message* const* messages, std::uint32_t* verdicts,
           std::uint32_t count) {
  RemoteShard& shard = of(state);
  Encoder& out = shard.begin();
  out(object_of(compiled).id);
  encode_messages(out, messages, count);
  const auto reply = shard.call(Frame::judge);
  if (!reply) return give_up(shard, verdicts, count);
  Decoder body(*reply);
  const auto judged = verdicts_of(body, count);
  if (judged.empty()) return give_up(shard, verdicts, count);  // it does not have the filter
  std::ranges::copy(judged, verdicts);
}

// ---- authenticators and authorizers

void authenticate(void* state, const trellis_credentials* credentials, trellis_token token,
                  trellis_auth_answer* answer) {
  RemoteShard& shard = of(state);
  Encoder& out = shard.begin();
  out(token);
  fields(out, *credentials);
  answer->verdict = TRELLIS_AUTH_PENDING;
  if (shard.tell(Frame::authenticate, token)) return;
  shard.count_fallbacks(1);
  fallback::authenticate(shard.fallback(), kAway, answer);
}

void on_abandoned(void* state, trellis_token token) {
  RemoteShard& shard = of(state);
  shard.forget(token);
  shard.begin()(token);
  shard.tell(Frame::abandoned);
}

void authorize(void* state, const trellis_access* questions, std::uint32_t* answers, std::uint32_t count) {
  RemoteShard& shard = of(state);
  Encoder& out = shard.begin();
  out(count);
  const trellis_identity* told = nullptr;
  for (std::uint32_t i = 0; i < count; ++i) {
    // Most batches are about one client.
    const bool other = questions[i].identity != told;
    out(other);
    if (other) fields(out, *(told = questions[i].identity));
    fields(out, questions[i]);
  }
  const auto reply = shard.call(Frame::authorize);
  if (!reply) return give_up(shard, answers, count);
  Decoder body(*reply);
  const auto judged = verdicts_of(body, count);
  if (judged.empty()) return give_up(shard, answers, count);
  std::ranges::copy(judged, answers);
}

void encode_one(Encoder& out, const trellis_access& access) {
  fields(out, *access.identity);
  fields(out, access);
}

trellis_status admit(void* state, const trellis_access* client, trellis_client_limits* limits, trellis_error* error) {
  RemoteShard& shard = of(state);
  encode_one(shard.begin(), *client);
  if (const auto reply = shard.call(Frame::admit)) {
    Decoder body(*reply);
    const auto status = body.number<trellis_status>();
    trellis_client_limits told{};
    fields(body, told);
    const std::string_view why = body.text();
    if (body.done()) {
      *limits = told;
      hosting::set_error(error, why);
      return status;
    }
  }
  shard.count_fallbacks(1);
  return fallback::admit(shard.fallback(), kAway, error);
}

void explain(void* state, const trellis_access* question, void* user, trellis_step_fn sink) {
  RemoteShard& shard = of(state);
  encode_one(shard.begin(), *question);
  const auto reply = shard.call(Frame::explain);
  if (!reply) return sink(user, view_of("process of the plugin"), view_of(kAway));
  Decoder body(*reply);
  for (std::size_t left = body.count(2 * sizeof(std::uint32_t)); left > 0; --left) {
    const std::string_view what = body.text();
    const std::string_view found = body.text();
    sink(user, view_of(what), view_of(found));
  }
}

// ---- handlers and services

void settle_later(RemoteShard& shard, trellis_token token) {
  shard.count_fallbacks(1);
  fallback::settle(instance_of(shard), token, kAwayMs, kAway);
}

// One frame each, so that a batch needs not fit the ring as a whole.
void deliver(void* state, void* destination, const trellis_delivery* deliveries, const trellis_token* tokens,
             std::uint32_t count) {
  RemoteShard& shard = of(state);
  for (std::uint32_t i = 0; i < count; ++i) {
    Encoder& out = shard.begin();
    out(object_of(destination).id);
    out(tokens[i]);
    fields(out, deliveries[i]);
    fields(out, *deliveries[i].message);
    if (!shard.tell(Frame::deliver, tokens[i])) settle_later(shard, tokens[i]);
  }
}

void check(void* state, void* destination, trellis_token token) {
  RemoteShard& shard = of(state);
  Encoder& out = shard.begin();
  out(object_of(destination).id);
  out(token);
  if (!shard.tell(Frame::check, token)) settle_later(shard, token);
}

void on_request(void* state, const trellis_request* request, trellis_token token) {
  RemoteShard& shard = of(state);
  Encoder& out = shard.begin();
  out(token);
  fields(out, *request);
  if (shard.tell(Frame::request, token)) return;
  shard.count_fallbacks(1);
  fallback::respond(instance_of(shard), token, kAway);
}

}  // namespace

RemoteTables::RemoteTables()
    : authenticator_{sizeof authenticator_, &authenticate, &on_abandoned},
      authorizer_{sizeof authorizer_, 0, &authorize, &admit, &explain},
      handler_{sizeof handler_, &open_object, &deliver, &release_object, &check},
      layer_(remote_layer()),
      predicate_{sizeof predicate_, &open_object, &judge, &release_object},
      service_{sizeof service_, &on_request},
      stage_{sizeof stage_, &on_messages} {}

void RemoteTables::set(std::uint32_t kind, const TableFacts& facts) {
  const auto has = [&](std::uint32_t bit) { return (facts.optional & bit) != 0; };
  if (kind == TRELLIS_KIND_AUTHENTICATOR) authenticator_.on_abandoned = has(kHasAbandoned) ? &on_abandoned : nullptr;
  if (kind == TRELLIS_KIND_AUTHORIZER) {
    authorizer_.flags = facts.flags;
    authorizer_.admit = has(kHasAdmit) ? &admit : nullptr;
    authorizer_.explain = has(kHasExplain) ? &explain : nullptr;
  }
  if (kind == TRELLIS_KIND_HANDLER) handler_.check = has(kHasCheck) ? &check : nullptr;
  if (kind == TRELLIS_KIND_LAYER) {
    layer_.flags = facts.flags;
    const trellis_layer& all = remote_layer();
    layer_.on_shutdown = has(kHasShutdown) ? all.on_shutdown : nullptr;
    layer_.recognise = has(kHasRecognise) ? all.recognise : nullptr;
    layer_.fact = has(kHasFact) ? all.fact : nullptr;
  }
}

const void* RemoteTables::of_kind(std::uint32_t kind) const {
  switch (kind) {
    case TRELLIS_KIND_AUTHENTICATOR:
      return &authenticator_;
    case TRELLIS_KIND_AUTHORIZER:
      return &authorizer_;
    case TRELLIS_KIND_HANDLER:
      return &handler_;
    case TRELLIS_KIND_LAYER:
      return &layer_;
    case TRELLIS_KIND_PREDICATE:
      return &predicate_;
    case TRELLIS_KIND_SERVICE:
      return &service_;
    case TRELLIS_KIND_STAGE:
      return &stage_;
    default:
      return nullptr;
  }
}

}  // namespace trellis::isolation
