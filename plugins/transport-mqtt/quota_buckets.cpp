#include "quota_buckets.hpp"

namespace trellis::mqtt {
namespace {

std::string key_of(std::uint32_t name_space, std::string_view name) {
  std::string key = std::to_string(name_space) + '/';
  for (const char c : name) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return key;
}

}  // namespace

std::shared_ptr<QuotaBuckets> QuotaTable::of(std::uint32_t name_space, std::string_view name, std::uint64_t now_ms) {
  if (name.empty()) return std::make_shared<QuotaBuckets>();
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= std::max(most_, forget_at_)) forget(now_ms);
  std::shared_ptr<QuotaBuckets>& found = buckets_[key_of(name_space, name)];
  if (!found) found = std::make_shared<QuotaBuckets>();
  return found;
}

// Looked through again only when there are half as many more: with many clients connected that is seldom.
void QuotaTable::forget(std::uint64_t now_ms) {
  const auto unused = [](const auto& item) { return item.second.use_count() == 1; };
  std::erase_if(buckets_, [&](const auto& item) { return unused(item) && item.second->full(now_ms); });
  std::size_t away = 0;
  for (const auto& item : buckets_) away += unused(item) ? 1 : 0;
  if (away >= most_) std::erase_if(buckets_, unused);
  forget_at_ = buckets_.size() + buckets_.size() / 2;
}

std::size_t QuotaTable::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace trellis::mqtt
