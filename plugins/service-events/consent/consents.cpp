#include "consents.hpp"

#include <utility>

#include "events_service.hpp"

namespace events_service {
namespace {

constexpr std::size_t kTokenBytes = 16;

std::string hex(const common::Fingerprint& bytes, std::size_t count) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes.at(i) >> 4U];
    text += kDigits[bytes.at(i) & 0xFU];
  }
  return text;
}

Consents& consents_of(void* shard) {
  return trellis::glue::shard(shard).state<Events::ShardState>().plugin().consents();
}

}  // namespace

void ConsentMetrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kCalls = "Calls of URLs by which a destination consents to get events.";
  given = host.counter("trellis_events_consent_calls_total", kCalls, "outcome=\"given\"");
  unknown = host.counter("trellis_events_consent_calls_total", kCalls, "outcome=\"unknown\"");
  awaited = host.gauge("trellis_events_consents_awaited", "URLs by which destinations may consent to get events.");
}

bool Consents::start(const trellis::Host& host, std::string base) {
  host_ = host;
  base_ = std::move(base);
  while (base_.ends_with('/')) base_.pop_back();
  metrics_.declare(host);
  return key_.draw();
}

std::uint64_t Consents::issue(std::uint32_t shard, const common::ConsentQuestion& question, std::string& url) {
  if (base_.empty()) return 0;
  const std::lock_guard lock(mutex_);
  if (issued_.size() >= kMost) return 0;
  const std::uint64_t number = ++last_;
  const std::string token = hex(key_.of({"token", std::to_string(number)}), kTokenBytes);
  const common::Fingerprint found = fingerprint(token);
  questions_.emplace(
      found, Question{number, shard, std::string(trellis::text(question.who)), question.granted, question.user});
  issued_.emplace(number, found);
  metrics_.awaited.add_any(1);
  url.append(base_).append(kPath).append(token);
  return number;
}

void Consents::withdraw(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = issued_.find(number);
  if (found == issued_.end()) return;
  questions_.erase(found->second);
  issued_.erase(found);
  metrics_.awaited.add_any(-1);
}

std::optional<std::uint32_t> Consents::shard_of(std::string_view token) const {
  const common::Fingerprint asked = fingerprint(token);
  const std::lock_guard lock(mutex_);
  const auto found = questions_.find(asked);
  return found == questions_.end() ? std::nullopt : std::optional(found->second.shard);
}

bool Consents::tell(std::string_view token, const common::ConsentGrant& grant, std::string_view peer) {
  const common::Fingerprint asked = fingerprint(token);
  std::unique_lock lock(mutex_);
  const auto found = questions_.find(asked);
  if (found == questions_.end()) return false;
  const Question question = found->second;
  lock.unlock();
  // Only this shard withdraws it, so that it is there until this returns.
  if (question.granted(question.user, &grant) != common::kConsentGiven) return false;
  withdraw(question.number);
  metrics_.given.add_any();
  host_.log(trellis::Level::info, "a destination consents to get events",
            {{"destination", question.who}, {"called_from", peer}});
  return true;
}

const common::ConsentDesk& consent_desk() {
  static constexpr common::ConsentDesk kTable{
      sizeof(common::ConsentDesk), 0,
      [](void* shard, const common::ConsentQuestion* question, void* sink_user,
         void (*sink)(void*, trellis_view)) -> std::uint64_t {
        try {
          std::string url;
          const auto number = consents_of(shard).issue(trellis::glue::shard(shard).index(), *question, url);
          if (number != 0) sink(sink_user, trellis::view(url));
          return number;
        } catch (const std::exception&) {
          return 0;
        }
      },
      [](void* shard, std::uint64_t number) { consents_of(shard).withdraw(number); }};
  return kTable;
}

}  // namespace events_service
