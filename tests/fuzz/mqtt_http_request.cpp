// Requests of MQTT over HTTP: queries, continuation tokens, credentials, messages by headers and in batches. What is
// taken keeps to the limits, and what is refused says why.
#include <algorithm>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/topic.hpp>
#include <vector>

#include "credentials.hpp"
#include "draft.hpp"
#include "event_text.hpp"
#include "fuzz.hpp"

namespace {

using mqtt_http::Draft;
using trellis::fuzz::require;

void check_problem(const mqtt_http::Problem& problem) {
  require(!problem.message.empty() && problem.status >= 400 && problem.status < 500, "a refusal says why");
  require(trellis::json::parse(mqtt_http::error_body(problem)).has_value(), "an error's body is JSON");
}

void check_draft(Draft& draft) {
  const mqtt_http::MessageLimits limits;
  require(trellis::valid_topic_name(draft.topic) && draft.topic.size() <= limits.topic_bytes, "a topic is one");
  require(draft.payload.size() <= limits.payload_bytes, "payloads keep their limit");
  std::size_t bytes = 0;
  for (const auto& [name, value] : draft.user_properties) bytes += name.size() + value.size();
  require(bytes <= limits.user_property_bytes, "user properties keep theirs");
  require(draft.qos <= 1, "QoS is 0 or 1");

  const trellis_publication made = draft.publication();
  trellis_message message{};
  message.topic = made.topic;
  message.payload = made.payload;
  message.content_type = made.content_type;
  message.response_topic = made.response_topic;
  message.correlation_data = made.correlation_data;
  message.user_properties = made.user_properties;
  message.user_property_count = made.user_property_count;
  message.flags = made.flags;
  std::string out;
  mqtt_http::append_message(out, message, made.qos, draft.retain(), 0);
  require(out.find_first_of("\r\n") == std::string::npos, "an event is one line");
}

void check_query(std::string_view text) {
  mqtt_http::Query query;
  if (const auto problem = mqtt_http::Query::read(text, {"topic", "topicFilter"}, "topicFilter", query))
    return check_problem(*problem);
  require(query.all("topic").size() <= 1, "only what may be repeated is");
  for (const std::string& filter : query.all("topicFilter")) {
    if (!mqtt_http::check_filter(filter, {})) require(trellis::valid_topic_filter(filter), "a filter is one");
  }
}

void check_token(std::string_view text) {
  const auto from = mqtt_http::Continuation::read(text);
  if (!from) return;
  const auto again = mqtt_http::Continuation::read(from->token());
  require(again && again->filter == from->filter && again->topic == from->topic, "a token survives");
}

// Lines "name: value" up to an empty one, then the body.
void check_message(std::string_view text) {
  std::vector<trellis_pair> fields;
  mqtt_http::Query query;
  const std::string_view first = text.substr(0, text.find('\n'));
  if (mqtt_http::Query::read(first, {"topic", "qos", "retain"}, {}, query)) return;
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) break;
    fields.push_back({trellis::view(line.substr(0, colon)), trellis::view(line.substr(colon + 2))});
  }
  const trellis::Pairs headers(fields.data(), fields.size());
  mqtt_http::Credentials credentials;
  if (const auto problem = mqtt_http::Credentials::read(headers, {"A", "B"}, credentials)) check_problem(*problem);
  for (std::size_t i = 0; i < credentials.ways(); ++i) credentials.way(i);
  Draft draft;
  if (const auto problem = mqtt_http::read_message(headers, text, query, {}, draft)) return check_problem(*problem);
  check_draft(draft);
}

void check_batch(std::string_view text) {
  std::vector<Draft> drafts;
  if (const auto problem = mqtt_http::read_batch(text, {}, drafts)) return check_problem(*problem);
  require(!drafts.empty() && drafts.size() <= 100, "a batch keeps its limit");
  for (Draft& draft : drafts) check_draft(draft);
}

}  // namespace

// The first byte says which reader gets the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'q') check_query(text);
  if (data[0] == 't') check_token(text);
  if (data[0] == 'm') check_message(text);
  if (data[0] == 'b') check_batch(text);
  return 0;
}
