// Splits lines of the form `name{labels} value`.
#include "metric_text.hpp"

#include <charconv>

namespace common {

MetricText::MetricText(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const size_t blank = line.rfind(' ');
    if (line.starts_with('#') || blank == std::string_view::npos) continue;
    int64_t value = 0;
    const std::string_view number = line.substr(blank + 1);
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || stop != number.data() + number.size()) continue;
    const std::string_view head = line.substr(0, blank);
    const size_t brace = head.find('{');
    samples_[head.substr(0, brace)].push_back(
        {brace == std::string_view::npos ? std::string_view{} : head.substr(brace), value});
  }
}

std::optional<int64_t> MetricText::sum(std::string_view metric, std::string_view label) const {
  const auto found = samples_.find(metric);
  if (found == samples_.end()) return std::nullopt;
  std::optional<int64_t> sum;
  for (const Sample& sample : found->second)
    if (sample.labels.find(label) != std::string_view::npos) sum = sum.value_or(0) + sample.value;
  return sum;
}

}  // namespace common
