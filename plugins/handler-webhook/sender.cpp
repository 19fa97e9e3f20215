// The way to an endpoint: events become requests, which wait for their turn and for a token.
#include "sender.hpp"

#include <algorithm>
#include <utility>

#include "event_text.hpp"
#include "handler.hpp"

namespace hooks {
namespace {

using common::Verdict;
using std::chrono::milliseconds;
using trellis::Cause;
using trellis::http::ClientResult;

trellis::http::ClientSettings client_settings(const Settings& settings) {
  trellis::http::ClientSettings made;
  made.connections_per_host = settings.connections;
  made.http2 = settings.http2;
  made.earned_connections = settings.earned_connections;
  made.connections = settings.all_connections;
  made.waiting = settings.waiting;
  made.waiting_bytes = settings.waiting_bytes;
  // An endpoint that does not answer must not have the others' share meanwhile.
  made.dialling_per_host = std::min(settings.connections, std::max<std::size_t>(settings.connections / 2, 2));
  made.waiting_per_host = std::max<std::size_t>(settings.waiting / 4, 1);
  made.connect_timeout = settings.connect_timeout;
  made.user_agent = "trellis-webhook/1.0";
  return made;
}

}  // namespace

Sender::Sender(WebhookHandler& owner, const trellis::Shard& shard)
    : owner_(owner), shard_(shard), client_(shard, client_settings(owner.settings()), owner.metrics().http) {}

Sender::~Sender() {
  owner_.metrics().under_way.add_any(-static_cast<std::int64_t>(calls_.size()));
  const Verdict stopped = Verdict::stopped();
  for (auto& [id, call] : std::exchange(calls_, {})) {
    for (trellis::Settlement& one : call.settlements) stopped.settle(one);
  }
  for (auto& [id, one] : std::exchange(awaiting_, {})) stopped.settle(one.consent);
}

void Sender::deliver(std::shared_ptr<const Target> target, const trellis::DeliveryBatch& batch) {
  std::vector<Call> made;
  std::vector<std::pair<trellis::Settlement, std::string>> wrong;
  batch.each([&](trellis::Delivery& delivery) {
    const trellis::Message message = delivery.message();
    auto piece = composer_.compose(*target, message);
    auto& settlement = static_cast<trellis::Settlement&>(delivery);
    if (!piece) {
      wrong.emplace_back(std::move(settlement), piece.error().text);
      return;
    }
    const std::string_view body = piece->body(message);
    if (made.empty() || !takes(made.back(), *piece, body.size())) made.push_back(begin(target, *piece, body));
    add(made.back(), delivery, piece->id, body);
    made.back().settlements.push_back(std::move(settlement));
  });
  for (Call& call : made) start(std::move(call));
  for (auto& [settlement, why] : wrong) {
    std::vector<trellis::Settlement> one;
    one.push_back(std::move(settlement));
    settle(std::move(one), false, Verdict::refused(Cause::bad_request, why));
  }
}

/// Whether a list has room for another event. The size is a wish, the number is not.
bool Sender::takes(const Call& call, const Piece& piece, std::size_t size) {
  return call.listed && piece.listed && call.settlements.size() < call.target->most_events &&
         call.request.body.size() + size + 2 <= call.target->preferred_bytes && call.of_event == piece.of_event &&
         call.data_version == piece.data_version;
}

Sender::Call Sender::begin(const std::shared_ptr<const Target>& target, Piece& piece, std::string_view body) const {
  Call call{target, {}};
  call.listed = piece.listed;
  call.event = piece.event;
  call.of_event = std::move(piece.of_event);
  call.data_version = std::move(piece.data_version);
  call.request.method = "POST";
  call.request.headers = std::move(piece.headers);
  const std::string_view type = piece.listed ? list_type(target->mode) : std::string_view(piece.content_type);
  if (!type.empty()) call.request.headers.emplace_back("content-type", type);
  call.request.body.reserve(body.size() + 2);
  return call;
}

// Receivers know by the identifier what they had before: one that does not tell of all events of a list would hide
// those that came to it since it was tried last.
void Sender::add(Call& call, const trellis::Delivery& delivery, const std::string& id, std::string_view body) {
  call.id = call.id.empty() ? id : stable_uuid({call.id, id});
  call.attempts = std::max(call.attempts, delivery.attempts());
  std::string& text = call.request.body;
  if (!call.listed) {
    text = body;
    return;
  }
  text += text.empty() ? '[' : ',';
  text += body;
}

// Nothing is settled before the call is in its place, or forgotten.
void Sender::start(Call made) {
  if (made.listed) made.request.body += ']';
  made.begun = shard_.now();
  start(++last_id_, std::move(made));
}

void Sender::start(std::uint64_t id, Call made) {
  Call& call = calls_.emplace(id, std::move(made)).first->second;
  owner_.metrics().under_way.add(shard_);
  if (call.asks) return proceed(id, call);
  const Turn turn = call.target->pace->take(shard_.now(), call.target->timeout / 2, call.target->most_per_minute);
  if (!turn.taken) {
    return finish(
        id,
        Verdict::later(Cause::busy, call.target->name() + ": has as many requests per minute as it allows", turn.wait));
  }
  if (turn.wait.count() == 0) return proceed(id, call);
  call.turn = shard_.after(turn.wait, [this, id] {
    const auto found = calls_.find(id);
    if (found != calls_.end()) proceed(id, found->second);
  });
}

void Sender::proceed(std::uint64_t id, Call& call) {
  const Target& target = *call.target;
  if (!target.token) return send(id, call, target.authorization);
  using TokenTurn = common::TokenStore::Turn;
  auto [turn, found] = owner_.tokens().ask(target.token->key, shard_.now());
  call.waits_for_token = found.empty();
  if (turn == TokenTurn::fetch || turn == TokenTurn::use_and_fetch) fetch(target);
  if (found.empty()) return;  // token_settled() goes on
  call.token = std::move(found);
  send(id, call, "Bearer " + call.token);
}

void Sender::send(std::uint64_t id, Call& call, std::string_view authorization) {
  const Target& target = *call.target;
  trellis::http::ClientRequest& request = call.request;
  add_headers(call, authorization);
  if (!call.asks && target.signer && !sign(call)) {
    return finish(id, Verdict::later(Cause::other, target.name() + ": OpenSSL cannot sign", common::kUsualWait));
  }
  request.url = target.url;
  request.layer = target.layer;
  request.max_response_bytes = target.answer_bytes;
  request.status_is_enough = !call.asks;
  request.deadline = std::max(call.begun + target.timeout - shard_.now(), milliseconds(1));
  // Receivers know an event by its identifier, and it is delivered at least once anyway.
  request.repeatable = true;
  call.number = client_.send(std::move(request), [this, id](ClientResult result) { on_answer(id, std::move(result)); });
}

void Sender::add_headers(Call& call, std::string_view authorization) const {
  trellis::http::ClientHeaders& headers = call.request.headers;
  if (!authorization.empty()) headers.emplace_back("authorization", authorization);
  if (call.asks) return;
  const Target& target = *call.target;
  headers.insert(headers.end(), target.notes.begin(), target.notes.end());
  if (call.event) headers.emplace_back("aeg-metadata-version", target.mode == Mode::event_grid ? "1" : "1.0");
  if (call.event && target.mode == Mode::event_grid) {
    headers.emplace_back("aeg-data-version", call.data_version);
  } else if (call.event) {
    headers.emplace_back("aeg-compatibility-mode-enabled", "false");
  }
  headers.emplace_back("aeg-delivery-count", std::to_string(call.attempts));
  headers.emplace_back("aeg-output-event-id", call.id);
  headers.insert(headers.end(), target.fixed.begin(), target.fixed.end());
  headers.insert(headers.end(), call.of_event.begin(), call.of_event.end());
}

bool Sender::sign(Call& call) const {
  const std::string now = std::to_string(shard_.wall().count() / 1000);
  std::string signature = call.target->signer.sign(call.id, now, call.request.body);
  if (signature.empty()) return false;
  call.request.headers.emplace_back("webhook-id", call.id);
  call.request.headers.emplace_back("webhook-timestamp", now);
  call.request.headers.emplace_back("webhook-signature", std::move(signature));
  return true;
}

void Sender::fetch(const Target& target) {
  auto request = target.token->to_send();
  request.deadline = target.timeout;
  request.max_response_bytes = target.answer_bytes;
  client_.send(std::move(request),
               [this, key = target.token->key](ClientResult result) { on_token(key, std::move(result)); });
}

}  // namespace hooks
