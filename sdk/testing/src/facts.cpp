// Copies of what crossed the boundary.
#include <trellis/testing/facts.hpp>

namespace trellis::testing {
namespace {

std::string find(const TextPairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string> present(trellis_view from, bool is_present) {
  if (!is_present) return std::nullopt;
  return std::string(text(from));
}

}  // namespace

TextPairs copy_pairs(const trellis_pair* pairs, std::size_t count) {
  TextPairs out;
  for (Pair pair : Pairs(pairs, count)) out.emplace_back(pair.name, pair.value);
  return out;
}

std::vector<trellis_pair> view_pairs(const TextPairs& pairs) {
  std::vector<trellis_pair> out;
  for (const auto& [name, value] : pairs) out.push_back({view(name), view(value)});
  return out;
}

Sample Sample::of(const trellis_publication& publication) {
  const auto has = [&](std::uint32_t flag) { return (publication.flags & flag) != 0; };
  Sample out;
  out.topic = text(publication.topic);
  out.payload = text(publication.payload);
  out.qos = publication.qos;
  out.retain = has(TRELLIS_MESSAGE_RETAIN);
  out.user_properties = copy_pairs(publication.user_properties, publication.user_property_count);
  out.content_type = present(publication.content_type, has(TRELLIS_MESSAGE_HAS_CONTENT_TYPE));
  out.response_topic = present(publication.response_topic, has(TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC));
  out.correlation_data = present(publication.correlation_data, has(TRELLIS_MESSAGE_HAS_CORRELATION));
  if (has(TRELLIS_MESSAGE_HAS_EXPIRY)) out.expiry_s = publication.expiry_s;
  if (has(TRELLIS_MESSAGE_HAS_FORMAT)) out.is_text = has(TRELLIS_MESSAGE_TEXT);
  return out;
}

std::uint32_t Sample::flags() const {
  std::uint32_t out = 0;
  const auto set = [&](bool on, std::uint32_t flag) { out |= on ? flag : 0U; };
  set(retain, TRELLIS_MESSAGE_RETAIN);
  set(is_text.has_value(), TRELLIS_MESSAGE_HAS_FORMAT);
  set(is_text.value_or(false), TRELLIS_MESSAGE_TEXT);
  set(expiry_s.has_value(), TRELLIS_MESSAGE_HAS_EXPIRY);
  set(content_type.has_value(), TRELLIS_MESSAGE_HAS_CONTENT_TYPE);
  set(response_topic.has_value(), TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC);
  set(correlation_data.has_value(), TRELLIS_MESSAGE_HAS_CORRELATION);
  return out;
}

std::string LogLine::field(std::string_view name) const { return find(fields, name); }

std::string ResponseSample::header(std::string_view name) const { return find(headers, name); }

AuthOutcome AuthOutcome::of(const trellis_auth_answer& answer) {
  AuthOutcome out;
  out.verdict = static_cast<AuthVerdict>(answer.verdict);
  out.status = static_cast<Status>(answer.status);
  out.reason = text(answer.reason);
  out.name = text(answer.name);
  out.data = text(answer.data);
  out.attributes = copy_pairs(answer.attributes, answer.attribute_count);
  out.expires_at_ms = answer.expires_at_ms;
  out.own_attributes = (answer.flags & TRELLIS_IDENTITY_OWN_ATTRIBUTES) != 0;
  out.token = (answer.flags & TRELLIS_IDENTITY_TOKEN) != 0;
  out.one_session = (answer.flags & TRELLIS_IDENTITY_ONE_SESSION) != 0;
  return out;
}

}  // namespace trellis::testing
