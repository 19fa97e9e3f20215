#include "route/retained.hpp"

#include <mutex>

#include "message/topic.hpp"

namespace trellis::kernel {

Retained::Retained(Metrics& metrics, std::string_view name_space) : metrics_(metrics) {
  const std::string labels = "namespace=\"" + std::string(name_space) + "\"";
  count_ = metrics.declare(MetricType::gauge, "trellis_retained_messages", labels, "Retained messages kept.");
  size_ = metrics.declare(MetricType::gauge, "trellis_retained_bytes", labels, "Bytes of retained messages.");
}

void Retained::set_limits(const RetainedLimits& limits) {
  const std::unique_lock lock(mutex_);
  limits_ = limits;
  enabled_ = limits.enabled;
}

bool Retained::store(const Message& message) {
  const std::unique_lock lock(mutex_);
  auto at = messages_.find(message.topic());
  if (message.payload().empty()) {
    if (at != messages_.end()) erase(at);
    return true;
  }
  const std::uint64_t replaced = at == messages_.end() ? 0 : at->second->bytes();
  if ((at == messages_.end() && messages_.size() >= limits_.messages) ||
      bytes_ - replaced + message.bytes() > limits_.bytes) {
    return false;
  }
  bytes_ += message.bytes() - replaced;
  metrics_.add_any(size_, static_cast<std::int64_t>(message.bytes()) - static_cast<std::int64_t>(replaced));
  if (at != messages_.end()) {
    at->second = MessagePtr(message);
  } else {
    messages_.emplace(message.topic(), MessagePtr(message));
    metrics_.add_any(count_, 1);
  }
  return true;
}

void Retained::erase(std::map<std::string, MessagePtr, std::less<>>::iterator at) {
  bytes_ -= at->second->bytes();
  metrics_.add_any(size_, -static_cast<std::int64_t>(at->second->bytes()));
  metrics_.add_any(count_, -1);
  messages_.erase(at);
}

std::vector<MessagePtr> Retained::find(std::string_view filter, std::int64_t wall_ms) const {
  std::vector<MessagePtr> found;
  const std::shared_lock lock(mutex_);
  const std::size_t wildcard = filter.find_first_of("+#");
  if (wildcard == std::string_view::npos) {
    const auto at = messages_.find(filter);
    if (at != messages_.end() && !at->second->expired(wall_ms)) found.push_back(at->second);
    return found;
  }
  // Only topics that begin like the filter up to its first wildcard can match; "a/#" matches "a" too.
  const std::string_view prefix = filter.substr(0, wildcard);
  if (filter.substr(wildcard) == "#" && !prefix.empty()) {
    const auto parent = messages_.find(prefix.substr(0, prefix.size() - 1));
    if (parent != messages_.end() && !parent->second->expired(wall_ms)) found.push_back(parent->second);
  }
  for (auto at = messages_.lower_bound(prefix); at != messages_.end() && at->first.starts_with(prefix); ++at) {
    if (topic_matches(filter, at->first) && !at->second->expired(wall_ms)) found.push_back(at->second);
  }
  return found;
}

void Retained::sweep(std::int64_t wall_ms) {
  const std::unique_lock lock(mutex_);
  for (auto at = messages_.begin(); at != messages_.end();) {
    const auto next = std::next(at);
    if (at->second->expired(wall_ms)) erase(at);
    at = next;
  }
}

}  // namespace trellis::kernel
