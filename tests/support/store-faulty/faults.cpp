#include "faults.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

namespace faulty {
namespace {

constexpr std::array<std::string_view, 12> kCalls = {"open", "rename", "remove", "list",     "sync_names", "free_bytes",
                                                     "read", "write",  "sync",   "allocate", "truncate",   "size"};

std::uint32_t bit(Call call) { return 1U << static_cast<unsigned>(call); }

bool read_number(const std::string& word, std::uint64_t& number) {
  const char* const end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && at == end;
}

bool read_errno(const std::string& word, int& code) {
  static const std::map<std::string, int> names = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
                                                   {"EROFS", EROFS},   {"EACCES", EACCES}, {"EMFILE", EMFILE},
                                                   {"ENODEV", ENODEV}, {"EFBIG", EFBIG}};
  if (const auto found = names.find(word); found != names.end()) {
    code = found->second;
    return true;
  }
  std::uint64_t number = 0;
  if (!read_number(word, number) || number == 0 || number > 4095) return false;
  code = static_cast<int>(number);
  return true;
}

bool read_calls(const std::string& word, std::uint32_t& calls) {
  if (word == "any") {
    calls = ~(bit(Call::free_bytes) | bit(Call::size));
    return true;
  }
  for (std::size_t at = 0; at <= word.size();) {
    const std::size_t comma = std::min(word.find(',', at), word.size());
    const std::string_view name = std::string_view(word).substr(at, comma - at);
    std::size_t i = 0;
    while (i < kCalls.size() && kCalls[i] != name) ++i;
    if (i == kCalls.size()) return false;
    calls |= 1U << i;
    at = comma + 1;
  }
  return true;
}

}  // namespace

Verdict Faults::judge(Call call, std::string_view name) {
  const std::lock_guard lock(mutex_);
  for (Rule& rule : rules_) {
    if ((rule.calls & bit(call)) == 0 || rule.times == 0 || !name.starts_with(rule.of)) continue;
    if (rule.after > 0) {
      --rule.after;
      continue;
    }
    --rule.times;
    ++strikes_;
    struck_.notify_all();
    return rule.verdict;
  }
  return {};
}

std::string Faults::add(const std::vector<std::string>& words) {
  Rule rule;
  if (words.size() < 2 || !read_calls(words[1], rule.calls)) return "the second word is no list of calls";
  std::size_t next = 2;
  std::uint64_t number = 0;
  if (words[0] == "fail" || words[0] == "tear") {
    if (words.size() <= next || !read_errno(words[next++], rule.verdict.code)) return "the third word is no errno";
    rule.verdict.tears = words[0] == "tear";
  } else if (words[0] == "delay") {
    if (words.size() <= next || !read_number(words[next++], number)) return "the third word is no number";
    rule.verdict.delay = std::chrono::milliseconds(number);
  } else if (words[0] == "cut" || words[0] == "kill") {
    rule.verdict.end = words[0] == "cut" ? Verdict::End::cut : Verdict::End::kill;
  } else {
    return "'" + words[0] + "' is none of fail, tear, delay, cut, kill";
  }
  if (std::string why = read_options(words, next, rule); !why.empty()) return why;
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::move(rule));
  return {};
}

std::string Faults::read_options(const std::vector<std::string>& words, std::size_t at, Rule& rule) {
  for (; at < words.size(); at += 2) {
    const std::string& name = words[at];
    if (at + 1 == words.size()) return "'" + name + "' wants a value";
    if (name == "of") {
      rule.of = words[at + 1];
    } else if ((name != "after" && name != "times") ||
               !read_number(words[at + 1], name == "after" ? rule.after : rule.times)) {
      return "'" + name + " " + words[at + 1] + "' is none of after N, times N, of PREFIX";
    }
  }
  return {};
}

std::uint64_t Faults::clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
  return std::exchange(strikes_, 0);
}

bool Faults::wait(std::uint64_t strikes, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return struck_.wait_for(lock, patience, [&] { return strikes_ >= strikes; });
}

}  // namespace faulty
