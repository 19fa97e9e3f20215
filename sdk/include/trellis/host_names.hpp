/// Which host name means what, names with a wildcard among them.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace trellis {

/// Whether it may be looked up: labels of letters, digits, '-' and '_', at most 253 bytes, and none that a resolver may
/// take for a number, as it does "127.1" and "0x7f000001".
inline bool is_host_name(std::string_view host) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto plain = [&](char c) {
    return digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  };
  if (host.empty() || host.size() > 253) return false;
  std::string_view label;
  for (std::size_t begin = 0; begin <= host.size(); begin += label.size() + 1) {
    label = host.substr(begin, host.find('.', begin) - begin);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), plain)) return false;
  }
  const bool hexadecimal = label.size() >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');
  return !hexadecimal && !std::all_of(label.begin(), label.end(), digit);
}

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
    const Value* const exact = find_exact(host);
    return exact != nullptr ? exact : find_wildcard(host);
  }
  const Value* find_exact(std::string_view host) const { return at(lower(host)); }
  const Value* find_wildcard(std::string_view host) const {
    const std::size_t dot = host.find('.');
    return dot == std::string_view::npos ? nullptr : at("*" + lower(host.substr(dot)));
  }

 private:
  static std::string lower(std::string_view name) {
    std::string text(name);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
    return text;
  }
  const Value* at(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace trellis
