/// Which host name means what, names with a wildcard among them.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace trellis {

/// "*.example.com" stands for one more label. What case a name is written in makes no difference. Not changed any more,
/// it may be asked by any thread.
template <typename Value>
class HostNames {
 public:
  /// The first of equal names stays.
  void add(std::string_view name, Value value) { values_.emplace(lower(name), std::move(value)); }
  bool empty() const noexcept { return values_.empty(); }

  /// Null where the host is unknown.
  const Value* find(std::string_view host) const {
    const std::string name = lower(host);
    auto found = values_.find(name);
    const std::size_t dot = name.find('.');
    if (found == values_.end() && dot != std::string::npos) found = values_.find("*" + name.substr(dot));
    return found == values_.end() ? nullptr : &found->second;
  }

 private:
  static std::string lower(std::string_view name) {
    std::string text(name);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
    return text;
  }
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace trellis
