// Writes events and finds what matters in the answers, by the shape of JSON rather than by where members stand.
#include "event_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace trellis::bench {
namespace {

constexpr std::size_t kPublisherDigits = 5;
constexpr std::size_t kSequenceDigits = 10;
constexpr std::size_t kIdSize = kPublisherDigits + 1 + kSequenceDigits;

char* write_digits(char* to, std::uint32_t value, std::size_t digits) {
  for (std::size_t i = digits; i-- != 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + digits;
}

bool read_digits(std::string_view text, std::uint32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

EventId read_id(std::string_view text) {
  EventId id;
  const bool ours = text.size() == kIdSize && text[kPublisherDigits] == '-' &&
                    read_digits(text.substr(0, kPublisherDigits), id.publisher) &&
                    read_digits(text.substr(kPublisherDigits + 1), id.sequence);
  return ours ? id : EventId{};
}

/// Walks through JSON text. What it does not ask about it skips by quotes and brackets alone.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() {
    skip_space();
    return at_ == end_;
  }

  // The text between the quotes as it stands there.
  bool string(std::string_view& text) {
    if (!take('"')) return false;
    const char* const begin = at_;
    for (;;) {
      const auto* const quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr) return false;
      at_ = quote + 1;
      const char* backslash = quote;
      while (backslash != begin && backslash[-1] == '\\') --backslash;
      if ((quote - backslash) % 2 != 0) continue;  // the quote is escaped
      text = {begin, static_cast<std::size_t>(quote - begin)};
      return true;
    }
  }

  bool number(std::uint32_t& value) {
    skip_space();
    const auto [end, error] = std::from_chars(at_, end_, value);
    if (error != std::errc{}) return false;
    at_ = end;
    return true;
  }

  bool skip() {
    std::string_view ignored;
    int depth = 0;
    do {
      skip_space();
      if (at_ == end_) return false;
      if (*at_ == '"') {
        if (!string(ignored)) return false;
      } else if (*at_ == '{' || *at_ == '[') {
        ++depth;
        ++at_;
      } else if (*at_ == '}' || *at_ == ']') {
        --depth;
        ++at_;
      } else if (depth != 0 && (*at_ == ',' || *at_ == ':')) {
        ++at_;
      } else if (!skip_word()) {
        return false;
      }
    } while (depth > 0);
    return depth == 0;
  }

  // on_member(name) reads the value. False when it does, or when this is no object.
  template <typename OnMember>
  bool object(const OnMember& on_member) {
    return list('{', '}', [&] {
      std::string_view name;
      return string(name) && take(':') && on_member(name);
    });
  }

  template <typename OnElement>
  bool array(const OnElement& on_element) {
    return list('[', ']', on_element);
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char wanted) {
    skip_space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  bool skip_word() {
    const char* const begin = at_;
    constexpr std::string_view kEnds = ",:{}[]\" \t\r\n";
    while (at_ != end_ && kEnds.find(*at_) == std::string_view::npos) ++at_;
    return at_ != begin;
  }

  template <typename OnElement>
  bool list(char open, char close, const OnElement& on_element) {
    if (!take(open)) return false;
    if (take(close)) return true;
    do {
      if (!on_element()) return false;
    } while (take(','));
    return take(close);
  }

  const char* at_;
  const char* end_;
};

bool read_broker_properties(JsonWalk& walk, ReceivedEvent& event) {
  return walk.object([&](std::string_view name) {
    if (name == "lockToken") return walk.string(event.token);
    if (name == "deliveryCount") return walk.number(event.delivery_count);
    return walk.skip();
  });
}

bool read_event(JsonWalk& walk, EventId& id) {
  std::string_view text;
  const bool whole = walk.object([&](std::string_view name) { return name == "id" ? walk.string(text) : walk.skip(); });
  id = read_id(text);
  return whole && !text.empty();
}

bool read_received(JsonWalk& walk, ReceivedEvent& event) {
  bool found = false;
  const bool whole = walk.object([&](std::string_view name) {
    if (name == "brokerProperties") return read_broker_properties(walk, event);
    if (name != "event") return walk.skip();
    found = read_event(walk, event.id);
    return found;
  });
  return whole && found && !event.token.empty() && event.delivery_count != 0;
}

bool read_failed(JsonWalk& walk, std::string_view& token) {
  const bool whole =
      walk.object([&](std::string_view name) { return name == "lockToken" ? walk.string(token) : walk.skip(); });
  return whole && !token.empty();
}

}  // namespace

EventText::EventText(std::size_t size) {
  text_ = R"({"specversion":"1.0","id":")";
  id_at_ = text_.size();
  text_.append(kIdSize, '0');
  text_ +=
      R"(","source":"/bench/generator","type":"bench.reading","time":"2024-05-01T10:00:00Z","subject":"hall/7/press",)"
      R"("datacontenttype":"application/json","data":{"number":7,"text":")";
  constexpr std::string_view kEnd = R"("}})";
  const std::size_t least = text_.size() + kEnd.size();
  if (size < least) throw std::runtime_error("--payload: an event needs at least " + std::to_string(least) + " bytes");
  // Letters that do not repeat, so that nothing could make them smaller.
  std::uint32_t random = 1;
  while (text_.size() + kEnd.size() < size) {
    random = random * 1664525U + 1013904223U;
    text_ += static_cast<char>('a' + (random >> 16U) % 26);
  }
  text_ += kEnd;
}

char* EventText::write(char* to, EventId id) const {
  std::copy(text_.begin(), text_.end(), to);
  char* const at = write_digits(to + id_at_, id.publisher, kPublisherDigits);
  *at = '-';
  write_digits(at + 1, id.sequence, kSequenceDigits);
  return to + text_.size();
}

void EventText::write_batch(char* to, EventId first, std::uint32_t count) const {
  *to++ = '[';
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i != 0) *to++ = ',';
    to = write(to, {first.publisher, first.sequence + i});
  }
  *to = ']';
}

bool scan_received(std::string_view body, std::vector<ReceivedEvent>& events) {
  events.clear();
  JsonWalk walk(body);
  bool found = false;
  const bool whole = walk.object([&](std::string_view name) {
    if (name != "value") return walk.skip();
    found = true;
    return walk.array([&] { return read_received(walk, events.emplace_back()); });
  });
  return whole && found && walk.at_end();
}

bool scan_event(std::string_view event, EventId& id) {
  JsonWalk walk(event);
  return read_event(walk, id) && walk.at_end();
}

bool scan_settled(std::string_view body, SettledTokens& tokens) {
  tokens.succeeded.clear();
  tokens.failed.clear();
  JsonWalk walk(body);
  int lists = 0;
  const bool whole = walk.object([&](std::string_view name) {
    if (name == "succeededLockTokens") {
      ++lists;
      return walk.array([&] { return walk.string(tokens.succeeded.emplace_back()); });
    }
    if (name == "failedLockTokens") {
      ++lists;
      return walk.array([&] { return read_failed(walk, tokens.failed.emplace_back()); });
    }
    return walk.skip();
  });
  return whole && lists == 2 && walk.at_end();
}

std::string settle_body(std::span<const std::string> tokens) {
  std::string body = R"({"lockTokens":[)";
  for (const auto& token : tokens) {
    if (&token != &tokens.front()) body += ',';
    body.append(1, '"').append(token) += '"';
  }
  return body += "]}";
}

}  // namespace trellis::bench
