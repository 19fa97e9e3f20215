// Writes and reads NATS's lines.
#include "nats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace trellis::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMostLine = std::size_t{64} * 1024;  // INFO is the longest there is
constexpr std::size_t kMostPayload = std::size_t{64} * 1024 * 1024;
// subject, id, reply, size of the headers, size of all
constexpr std::size_t kMostWords = 5;

void put(OutBuffer& out, std::string_view text) { std::copy(text.begin(), text.end(), out.extend(text.size())); }

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > kMostPayload) return {};
  return value;
}

/// The words behind MSG or HMSG. More than kMostWords counts as kMostWords + 1.
struct Words {
  std::array<std::string_view, kMostWords> word{};
  std::size_t count = 0;

  explicit Words(std::string_view line) {
    while (!line.empty()) {
      const auto end = std::min(line.find(' '), line.size());
      if (end != 0) {
        if (count == kMostWords) {
          ++count;
          return;
        }
        word[count++] = line.substr(0, end);
      }
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }
};

// NATS/1.0 408 Request Timeout
bool read_status(std::string_view headers, unsigned& status) {
  constexpr std::string_view kVersion = "NATS/1.0";
  if (!headers.starts_with(kVersion) || !headers.ends_with("\r\n\r\n")) return false;
  const std::string_view rest = headers.substr(kVersion.size());
  status = 0;
  if (rest.front() != ' ') return rest.starts_with(kLineEnd);
  const auto value = rest.size() < 4 ? std::nullopt : number_in(rest.substr(1, 3));
  status = static_cast<unsigned>(value.value_or(0));
  return value.has_value();
}

// MSG subject id [reply] size, HMSG subject id [reply] size-of-headers size-of-all, then that many bytes.
NatsScan read_message(std::string_view bytes, std::string_view line, bool headed, NatsMessage& message,
                      std::size_t& size) {
  const Words words(line);
  const std::size_t least = headed ? 4 : 3;
  if (words.count != least && words.count != least + 1) return NatsScan::malformed;
  const auto all = number_in(words.word[words.count - 1]);
  const auto headers = headed ? number_in(words.word[words.count - 2]) : std::optional<std::size_t>(0);
  if (!all || !headers || *headers > *all) return NatsScan::malformed;
  const auto begin = static_cast<std::size_t>(line.data() + line.size() - bytes.data()) + kLineEnd.size();
  size = begin + *all + kLineEnd.size();
  if (bytes.size() < size) return NatsScan::incomplete;
  if (bytes.substr(begin + *all, kLineEnd.size()) != kLineEnd) return NatsScan::malformed;
  message.op = NatsOp::message;
  message.subject = words.word[0];
  message.reply = words.count == least ? std::string_view{} : words.word[2];
  message.status = 0;
  message.payload = bytes.substr(begin + *headers, *all - *headers);
  if (headed && !read_status(bytes.substr(begin, *headers), message.status)) return NatsScan::malformed;
  return NatsScan::message;
}

}  // namespace

void append_nats_connect(OutBuffer& out) {
  put(out, R"(CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1,"lang":"c++",)"
           "\"version\":\"0\",\"name\":\"trellis-bench\"}\r\nPING\r\n");
}

void append_nats_pong(OutBuffer& out) { put(out, "PONG\r\n"); }

void append_nats_sub(OutBuffer& out, std::string_view subject, std::uint32_t id) {
  put(out, "SUB ");
  put(out, subject);
  put(out, " " + std::to_string(id) + "\r\n");
}

char* append_nats_pub(OutBuffer& out, std::string_view subject, std::string_view reply, std::size_t payload_size) {
  char digits[20];
  const auto count = static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, payload_size).ptr - digits);
  const std::size_t reply_size = reply.empty() ? 0 : reply.size() + 1;
  char* at = out.extend(4 + subject.size() + 1 + reply_size + count + 2 + payload_size + 2);
  at = std::copy_n("PUB ", 4, at);
  at = std::copy(subject.begin(), subject.end(), at);
  *at++ = ' ';
  at = std::copy(reply.begin(), reply.end(), at);
  if (!reply.empty()) *at++ = ' ';
  at = std::copy_n(digits, count, at);
  at = std::copy(kLineEnd.begin(), kLineEnd.end(), at);
  std::copy(kLineEnd.begin(), kLineEnd.end(), at + payload_size);
  return at;
}

void append_nats_pub(OutBuffer& out, std::string_view subject, std::string_view reply, std::string_view payload) {
  std::copy(payload.begin(), payload.end(), append_nats_pub(out, subject, reply, payload.size()));
}

NatsScan next_nats(std::string_view bytes, NatsMessage& message, std::size_t& size) {
  const auto end = bytes.substr(0, kMostLine).find(kLineEnd);
  if (end == std::string_view::npos) return bytes.size() < kMostLine ? NatsScan::incomplete : NatsScan::malformed;
  const std::string_view line = bytes.substr(0, end);
  if (line.starts_with("MSG ")) return read_message(bytes, line.substr(4), false, message, size);
  if (line.starts_with("HMSG ")) return read_message(bytes, line.substr(5), true, message, size);
  message = {};
  size = end + kLineEnd.size();
  message.payload = line.substr(std::min(line.find(' '), line.size()));
  if (line.starts_with("INFO ")) {
    message.op = NatsOp::info;
  } else if (line.starts_with("-ERR")) {
    message.op = NatsOp::error;
  } else if (line == "+OK") {
    message.op = NatsOp::ok;
  } else if (line == "PING") {
    message.op = NatsOp::ping;
  } else if (line == "PONG") {
    message.op = NatsOp::pong;
  } else {
    return NatsScan::malformed;
  }
  return NatsScan::message;
}

unsigned delivery_count_of(std::string_view ack_subject) {
  constexpr std::string_view kPrefix = "$JS.ACK.";
  constexpr int kWordsBehind = 6;
  constexpr int kCountAt = 2;
  if (!ack_subject.starts_with(kPrefix)) return 0;
  std::string_view rest = ack_subject.substr(kPrefix.size());
  std::string_view count;
  int words = 0;
  for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    if (words++ == kCountAt) count = rest.substr(0, dot);
    rest.remove_prefix(dot + 1);
  }
  return words == kWordsBehind ? static_cast<unsigned>(number_in(count).value_or(0)) : 0;
}

std::uint64_t nats_number(std::string_view answer, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const auto at = answer.find(key);
  if (at != std::string_view::npos) {
    std::uint64_t value = 0;
    const char* const begin = answer.data() + at + key.size();
    if (std::from_chars(begin, answer.data() + answer.size(), value).ec == std::errc{}) return value;
  }
  throw std::runtime_error("nats: no number " + key + " in " + std::string(answer));
}

}  // namespace trellis::bench
