#include "wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/verdict/verdict.hpp"

namespace nats {
namespace {

constexpr std::string_view kBlanks = " \t";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// The word at the front, in capital letters as servers write it, is taken off.
bool is_word(std::string_view& line, std::string_view word) {
  if (line.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (upper(line[i]) != word[i]) return false;
  }
  if (line.size() > word.size() && kBlanks.find(line[word.size()]) == std::string_view::npos) return false;
  line.remove_prefix(word.size());
  const std::size_t begin = line.find_first_not_of(kBlanks);
  line.remove_prefix(begin == std::string_view::npos ? line.size() : begin);
  return true;
}

bool read_size(std::string_view text, std::size_t& out) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, out);
  return !text.empty() && error == std::errc() && last == end && out <= WireReader::kMostMessage;
}

/// Up to five words; 0 where there are more.
std::size_t split(std::string_view text, std::array<std::string_view, 5>& out) {
  std::size_t count = 0;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = text.find_first_not_of(kBlanks, at)) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    if (count == out.size()) return 0;
    out[count++] = text.substr(at, end - at);
    at = end;
  }
  return count;
}

}  // namespace

bool WireReader::refuse(std::string what) {
  broken_ = std::move(what);
  return false;
}

bool WireReader::next(Operation& operation) {
  if (!broken_.empty()) return false;
  const std::size_t end = bytes_.find('\n', at_);
  const std::size_t size = (end == std::string_view::npos ? bytes_.size() : end) - at_;
  if (size > kMostLine) return refuse("a line is longer than " + std::to_string(kMostLine) + " bytes");
  if (end == std::string_view::npos) return false;
  std::string_view line = bytes_.substr(at_, size);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return take(line, end + 1, operation);
}

bool WireReader::take(std::string_view line, std::size_t behind, Operation& operation) {
  using Type = Operation::Type;
  operation = {};
  std::string_view rest = line;
  if (is_word(rest, "MSG")) return take_message(rest, false, behind, operation);
  if (is_word(rest, "HMSG")) return take_message(rest, true, behind, operation);
  if (is_word(rest, "PING")) {
    operation.type = Type::ping;
  } else if (is_word(rest, "PONG")) {
    operation.type = Type::pong;
  } else if (is_word(rest, "+OK")) {
    operation.type = Type::ok;
  } else if (is_word(rest, "-ERR")) {
    operation.type = Type::error;
    if (rest.size() >= 2 && rest.front() == '\'' && rest.back() == '\'') rest = rest.substr(1, rest.size() - 2);
    operation.text = rest;
  } else if (is_word(rest, "INFO")) {
    operation.type = Type::info;
    operation.text = rest;
  } else {
    return refuse("found \"" + common::said(line.substr(0, 60)) + "\", expected an operation of NATS");
  }
  at_ = behind;
  return true;
}

// MSG subject sid [reply] size; HMSG subject sid [reply] headers size.
bool WireReader::take_message(std::string_view arguments, bool with_headers, std::size_t behind, Operation& operation) {
  std::array<std::string_view, 5> words;
  const std::size_t count = split(arguments, words);
  const std::size_t least = with_headers ? 4 : 3;
  std::size_t head = 0;
  std::size_t size = 0;
  if ((count != least && count != least + 1) || !read_size(words[count - 1], size) ||
      (with_headers && (!read_size(words[count - 2], head) || head > size))) {
    return refuse("found a message \"" + common::said(arguments.substr(0, 60)) +
                  "\", expected its subject and a size of at most " + std::to_string(kMostMessage));
  }
  if (bytes_.size() - behind < size + 2) return false;
  if (bytes_.substr(behind + size, 2) != "\r\n") return refuse("a message does not end where its size says");
  operation.type = Operation::Type::message;
  operation.subject = words[0];
  operation.headers = bytes_.substr(behind, head);
  operation.payload = bytes_.substr(behind + head, size - head);
  at_ = behind + size + 2;
  return true;
}

unsigned header_status(std::string_view headers) noexcept {
  static constexpr std::string_view kVersion = "NATS/1.0 ";
  unsigned status = 0;
  if (headers.starts_with(kVersion) && headers.size() >= kVersion.size() + 3) {
    const char* const at = headers.data() + kVersion.size();
    (void)std::from_chars(at, at + 3, status);
  }
  return status;
}

}  // namespace nats
