#include "consent_requests.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "events_service.hpp"

namespace events_service {
namespace {

/// What the call said; it may be needed on another shard.
struct Call {
  explicit Call(const trellis::Request& request)
      : token(request.path().substr(Consents::kPath.size())),
        origin(request.header("webhook-allowed-origin")),
        rate(request.header("webhook-allowed-rate")),
        peer(request.peer()),
        page(request.header("accept").find("text/html") != std::string_view::npos) {}

  std::string token;
  std::string origin;
  std::string rate;
  std::string peer;
  bool page;  // it comes from a browser
};

void send(trellis::Reply& reply, const Call& call, bool given) {
  const std::string_view title = given ? "Confirmed" : "Not found";
  const std::string_view text = given
                                    ? "Events are delivered to this destination from now on."
                                    : "There is nothing to confirm here. The link is wrong, was used before, or is no "
                                      "longer good; the destination is asked again and gets another one.";
  std::string body;
  if (call.page) {
    body.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").append(title);
    body.append("</title></head>\n<body><h1>").append(title).append("</h1><p>").append(text);
    body.append("</p></body></html>\n");
  } else if (given) {
    body.append(R"({"status":"Succeeded","message":")").append(text).append("\"}\n");
  } else {
    body.append(R"({"error":{"code":"NotFound","message":")").append(text).append("\"}}\n");
  }
  reply.send({.status = given ? 200U : 404U,
              .body = body,
              .content_type = call.page ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
              .headers = {{"cache-control", "no-store"}, {"referrer-policy", "no-referrer"}}});
}

void send_unknown(const Events& plugin, const Call& call, trellis::Reply& reply) {
  plugin.consents().count_unknown();
  send(reply, call, false);
}

// Where the question was asked. Nobody is told of a consent that a crash could take back.
void tell(Events& plugin, std::uint32_t shard, Call call, trellis::Reply reply) {
  const common::ConsentGrant grant{sizeof(common::ConsentGrant), 0, trellis::view(call.origin),
                                   trellis::view(call.rate)};
  TopicsHere* const here = plugin.on_shard(shard);
  if (here == nullptr || !plugin.consents().tell(call.token, grant, call.peer))
    return send_unknown(plugin, call, reply);
  trellis::when_kept(
      here->tables(), here->shard(), 0, TRELLIS_DURABILITY_SYNCED,
      [call = std::move(call), reply = std::move(reply)](bool kept) mutable {
        if (kept) return send(reply, call, true);
        reply.send({.status = 503, .body = "it could not be kept; try again\n", .content_type = "text/plain"});
      });
}

}  // namespace

bool is_for_consents(const trellis::Request& request, const Events& plugin) {
  return !plugin.settings().push_callback.empty() && request.path().starts_with(Consents::kPath);
}

void answer_consent(Events& plugin, const trellis::Request& request, trellis::Reply reply) {
  Call call(request);
  // What looks at links before people do often asks for the head alone.
  const bool calls = request.method() == "GET" || request.method() == "POST";
  const auto shard = calls ? plugin.consents().shard_of(call.token) : std::nullopt;
  if (!shard) return send_unknown(plugin, call, reply);
  if (*shard == request.shard().index()) return tell(plugin, *shard, std::move(call), std::move(reply));
  plugin.host().post(*shard, [&plugin, at = *shard, call = std::move(call), reply = std::move(reply)]() mutable {
    tell(plugin, at, std::move(call), std::move(reply));
  });
}

}  // namespace events_service
