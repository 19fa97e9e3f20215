#include "explain.hpp"

#include <trellis/authorizer.hpp>
#include <trellis/json.hpp>
#include <trellis/topic.hpp>

#include "query.hpp"

namespace management {
namespace {

/// A question on its way; owns itself.
struct Question {
  Context& context;
  trellis::Reply reply;
};

// Whoever asks what a client may subscribe to means what is shared as well. Empty where the group is none.
std::string_view without_share(std::string_view filter) {
  static constexpr std::string_view kShare = "$share/";
  if (!filter.starts_with(kShare)) return filter;
  const std::string_view rest = filter.substr(kShare.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || !trellis::plain_text(rest.substr(0, slash))) return {};
  return rest.substr(slash + 1);
}

// No client can do what it is asked about.
std::optional<Problem> check_topics(const std::optional<std::string_view>& publish,
                                    const std::optional<std::string_view>& subscribe) {
  if (publish && !trellis::valid_topic_name(*publish))
    return bad_request("\"" + std::string(*publish) +
                           "\" is no topic to publish to: it is not empty, has no '+' and no '#', and is within the "
                           "limits of MQTT",
                       "publish");
  if (subscribe && !trellis::valid_topic_filter(without_share(*subscribe)))
    return bad_request("\"" + std::string(*subscribe) +
                           "\" is no topic filter: '+' and '#' stand alone between slashes, '#' at the end only, and "
                           "$share/ has a group and a filter behind it",
                       "subscribe");
  return std::nullopt;
}

void answer(void* user, bool allowed, const trellis_pair* steps, std::uint32_t count) {
  const std::unique_ptr<Question> question(static_cast<Question*>(user));
  std::string out = std::string("{\"allowed\":") + (allowed ? "true" : "false") + ",\"steps\":[";
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += "{\"what\":" + trellis::json::quote(trellis::text(steps[i].name)) +
           ",\"found\":" + trellis::json::quote(trellis::text(steps[i].value)) + '}';
  }
  send_json(question->context, question->reply, 200, out + "]}");
}

}  // namespace

void explain(Context& context, const trellis::Request& request, trellis::Reply reply, const Route& route) {
  Query query;
  auto problem = Query::read(request.query(), {"client", "publish", "subscribe"}, query);
  const auto client = query.find("client");
  const auto publish = query.find("publish");
  const auto subscribe = query.find("subscribe");
  if (!problem && (!client || client->empty() || publish.has_value() == subscribe.has_value()))
    problem = bad_request("expected client, and either publish with a topic or subscribe with a topic filter");
  if (!problem) problem = check_topics(publish, subscribe);
  const auto* const table = context.host.table<trellis_host_authorizer>();
  if (!problem && table == nullptr)
    problem = Problem{.status = 501, .code = "NotImplemented", .message = "this broker does not explain"};
  if (problem) return send_problem(context, reply, *problem);
  auto question = std::make_unique<Question>(Question{context, std::move(reply)});
  table->explain(context.host.handle(), request.shard().handle(), trellis::view(route.name_space),
                 trellis::view(*client), publish ? TRELLIS_ACTION_PUBLISH : TRELLIS_ACTION_SUBSCRIBE,
                 trellis::view(publish ? *publish : without_share(*subscribe)), question.release(), &answer);
}

}  // namespace management
