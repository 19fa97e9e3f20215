#include "change_ring.hpp"

#include <charconv>
#include <unordered_set>

namespace management {

std::uint32_t ChangeRing::number_of(std::string_view name_space, std::string_view type) {
  const auto next = static_cast<std::uint32_t>(collections_.size());
  return collections_.try_emplace({std::string(name_space), std::string(type)}, next).first->second;
}

void ChangeRing::add(const std::vector<trellis::ResourceChange>& changes) {
  const std::lock_guard lock(mutex_);
  for (const trellis::ResourceChange& one : changes) {
    const trellis::Resource& resource = one.either();
    entries_.push_back({number_of(resource.name_space(), resource.type()), !one.before, std::string(resource.name())});
    if (entries_.size() <= size_) continue;
    entries_.pop_front();
    ++begin_;
  }
}

std::uint64_t ChangeRing::end() const {
  const std::lock_guard lock(mutex_);
  return begin_ + entries_.size();
}

std::optional<std::uint64_t> ChangeRing::from_text(std::string_view text) const {
  if (!text.starts_with(name_)) return std::nullopt;
  text.remove_prefix(name_.size());
  if (!text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  std::uint64_t position = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), position);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (position < begin_ || position > begin_ + entries_.size()) return std::nullopt;
  return position;
}

std::optional<ChangeRing::Window> ChangeRing::since(std::uint64_t position, std::string_view name_space,
                                                    std::string_view type, std::string_view prefix,
                                                    std::size_t most) const {
  const std::lock_guard lock(mutex_);
  if (position < begin_ || position > begin_ + entries_.size()) return std::nullopt;
  Window window{{}, begin_ + entries_.size()};
  const auto collection = collections_.find({std::string(name_space), std::string(type)});
  if (collection == collections_.end()) return window;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = position - begin_; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.collection != collection->second || !entry.name.starts_with(prefix) || !seen.insert(entry.name).second)
      continue;
    if (window.changes.size() == most) {
      window.end = begin_ + i;
      break;
    }
    window.changes.push_back({entry.name, entry.created, begin_ + i});
  }
  return window;
}

}  // namespace management
