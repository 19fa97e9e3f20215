#include "queue/subscriber_record.hpp"

#include <trellis/keeping/bytes.hpp>
#include <trellis/runtime/views.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

constexpr std::uint8_t kFormat = 2;
constexpr std::uint8_t kFormatWithoutReplays = 1;

}  // namespace

std::string SubscriberRecord::key(std::string_view name_space, std::string_view name) {
  std::string key(1, kKey);
  key.append(name_space).append(1, '\0').append(name);
  return key;
}

void SubscriberRecord::encode(std::string& value) const {
  add_bytes(value, kFormat);
  add_bytes(value, queue);
  add_bytes(value, expiry_ms);
  add_bytes(value, away_since_ms);
  add_bytes(value, home);
  add_bytes(value, limits);
  add_bytes(value, window_bytes);
  add_bytes(value, identified);
  add_bytes(value, identity_flags);
  for (const std::string_view text : {owner, memo, identity, authenticator}) add_bytes(value, view_of(text));
  add_bytes(value, static_cast<std::uint32_t>(attributes.size()));
  for (const trellis_pair& one : attributes) {
    add_bytes(value, one.name);
    add_bytes(value, one.value);
  }
  add_bytes(value, static_cast<std::uint32_t>(replays.size()));
  for (const Replay& one : replays) {
    add_bytes(value, view_of(one.filter));
    add_bytes(value, view_of(one.behind));
    add_bytes(value, one.identifier);
    add_bytes(value, one.qos);
    add_bytes(value, one.no_local);
  }
  for (const Subscription& one : subscriptions) {
    add_bytes(value, view_of(one.filter));
    add_bytes(value, view_of(one.group));
    add_bytes(value, one.identifier);
    add_bytes(value, static_cast<std::uint8_t>(one.qos));
    add_bytes(value, static_cast<std::uint8_t>(one.flags));
  }
}

std::optional<SubscriberRecord> SubscriberRecord::decode(std::string_view value) {
  BytesReader reader(value);
  SubscriberRecord record;
  const auto format = reader.value<std::uint8_t>();
  if (format != kFormat && format != kFormatWithoutReplays) return std::nullopt;
  record.queue = reader.value<std::uint64_t>();
  record.expiry_ms = reader.value<std::uint64_t>();
  record.away_since_ms = reader.value<std::int64_t>();
  record.home = reader.value<std::uint32_t>();
  record.limits = reader.value<trellis_queue_limits>();
  record.window_bytes = reader.value<std::uint64_t>();
  record.identified = reader.value<std::uint8_t>() != 0;
  record.identity_flags = reader.value<std::uint32_t>();
  for (std::string_view* to : {&record.owner, &record.memo, &record.identity, &record.authenticator})
    *to = text_of(reader.text());
  const auto attributes = reader.value<std::uint32_t>();
  if (attributes > reader.left() / (2 * sizeof(std::uint32_t))) return std::nullopt;
  for (std::uint32_t i = 0; i < attributes; ++i) {
    const trellis_view name = reader.text();
    record.attributes.push_back({name, reader.text()});
  }
  const auto replays = format == kFormatWithoutReplays ? 0 : reader.value<std::uint32_t>();
  if (replays > reader.left() / (2 * sizeof(std::uint32_t))) return std::nullopt;
  for (std::uint32_t i = 0; i < replays; ++i) {
    Replay& one = record.replays.emplace_back();
    one.filter = text_of(reader.text());
    one.behind = text_of(reader.text());
    one.identifier = reader.value<std::uint32_t>();
    one.qos = reader.value<std::uint8_t>();
    one.no_local = reader.value<std::uint8_t>();
  }
  while (reader.left() > 0) {
    Subscription& one = record.subscriptions.emplace_back();
    one.filter = text_of(reader.text());
    one.group = text_of(reader.text());
    one.identifier = reader.value<std::uint32_t>();
    one.qos = reader.value<std::uint8_t>();
    one.flags = reader.value<std::uint8_t>();
  }
  if (!reader.done() || record.queue == 0) return std::nullopt;
  return record;
}

}  // namespace trellis::kernel
