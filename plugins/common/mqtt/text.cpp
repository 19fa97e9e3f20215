#include "common/mqtt/text.hpp"

namespace trellis::mqtt {

TopicFault check_topic_name(std::string_view topic) noexcept {
  if (plain_text(topic)) return topic.empty() ? TopicFault::invalid : TopicFault::none;
  return valid_text(topic) ? TopicFault::invalid : TopicFault::not_text;
}

TopicFault check_topic_filter(std::string_view filter) noexcept {
  if (!valid_text(filter)) return TopicFault::not_text;
  return filter.empty() || !wildcards_alone(filter) ? TopicFault::invalid : TopicFault::none;
}

bool has_wildcard(std::string_view filter) noexcept { return filter.find_first_of("+#") != std::string_view::npos; }

SharedFilter split_shared(std::string_view filter) noexcept {
  constexpr std::string_view prefix = "$share";
  SharedFilter split;
  split.filter = filter;
  if (!filter.starts_with(prefix)) return split;
  if (filter.size() > prefix.size() && filter[prefix.size()] != '/') return split;
  split.shared = true;
  split.valid = false;
  if (filter.size() <= prefix.size() + 1) return split;
  const std::string_view rest = filter.substr(prefix.size() + 1);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return split;
  split.group = rest.substr(0, slash);
  split.filter = rest.substr(slash + 1);
  split.valid = !split.group.empty() && !split.filter.empty() && !has_wildcard(split.group);
  return split;
}

}  // namespace trellis::mqtt
