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
  bool page;                // it comes from a browser
  std::uint32_t shard = 0;  // where the question was asked
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

}  // namespace

bool is_for_consents(const trellis::Request& request, const Events& plugin) {
  return !plugin.settings().push_callback.empty() && request.path().starts_with(Consents::kPath);
}

void answer_consent(Events& plugin, const trellis::Request& request, trellis::Reply reply) {
  Call call(request);
  Consents& consents = plugin.consents();
  const auto tell = [&plugin](const Call& said, trellis::Reply& to) {
    const common::ConsentGrant grant{sizeof(common::ConsentGrant), 0, trellis::view(said.origin),
                                     trellis::view(said.rate)};
    // Where its shard has gone nobody waits for it any more.
    const bool given = plugin.on_shard(said.shard) != nullptr && plugin.consents().tell(said.token, grant, said.peer);
    if (!given) plugin.consents().count_unknown();
    send(to, said, given);
  };
  // What looks at links before people do often asks for the head alone.
  const bool calls = request.method() == "GET" || request.method() == "POST";
  const auto shard = calls ? consents.shard_of(call.token) : std::nullopt;
  if (!shard) {
    consents.count_unknown();
    return send(reply, call, false);
  }
  call.shard = *shard;
  if (*shard == request.shard().index()) return tell(call, reply);
  plugin.host().post(call.shard,
                     [tell, call = std::move(call), reply = std::move(reply)]() mutable { tell(call, reply); });
}

}  // namespace events_service
