/// Packets as clients write them, and what brokers answer, byte by byte.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

inline std::string bytes(std::initializer_list<unsigned> values) {
  std::string out;
  for (unsigned value : values) out += static_cast<char>(value);
  return out;
}
inline std::string u16(unsigned value) { return bytes({value >> 8, value & 0xFF}); }
inline std::string u32(std::uint32_t value) { return u16(value >> 16) + u16(value & 0xFFFF); }
inline std::string text(std::string_view value) {
  std::string out = u16(static_cast<unsigned>(value.size()));
  out.append(value);
  return out;
}

inline std::string varint(std::size_t value) {
  std::string out;
  do {
    out += static_cast<char>((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
    value >>= 7;
  } while (value > 0);
  return out;
}

inline std::string packet(unsigned first, std::string_view body) {
  std::string out = bytes({first});
  out += varint(body.size());
  out.append(body);
  return out;
}

/// A property block with its length.
inline std::string properties(std::string_view block = {}) {
  std::string out = varint(block.size());
  out.append(block);
  return out;
}
inline std::string user_property(std::string_view name, std::string_view value) {
  return bytes({0x26}) + text(name) + text(value);
}

struct Will {
  std::string topic = {};
  std::string payload = {};
  unsigned qos = 0;
  bool retain = false;
  std::string properties = {};
};

struct Connect {
  std::string id = "c1";
  unsigned version = 5;
  bool clean = true;
  unsigned keep_alive = 0;
  std::string properties = {};
  std::optional<Will> will = {};
  std::optional<std::string> username = {};
  std::optional<std::string> password = {};
};

inline std::string connect(const Connect& options = {}) {
  unsigned flags = options.clean ? 2 : 0;
  if (options.will) flags |= 4U | options.will->qos << 3 | (options.will->retain ? 0x20U : 0U);
  if (options.username) flags |= 0x80;
  if (options.password) flags |= 0x40;
  const unsigned level = options.version & 0x7F;
  std::string body = text(level == 3 ? "MQIsdp" : "MQTT") + bytes({options.version, flags}) + u16(options.keep_alive);
  if (level == 5) body += properties(options.properties);
  body += text(options.id);
  if (options.will) {
    if (level == 5) body += properties(options.will->properties);
    body += text(options.will->topic) + text(options.will->payload);
  }
  if (options.username) body += text(*options.username);
  if (options.password) body += text(*options.password);
  return packet(0x10, body);
}

struct Publish {
  std::string topic = {};
  std::string payload = {};
  unsigned qos = 0;
  unsigned id = 0;
  bool retain = false;
  bool duplicate = false;
  std::optional<std::string> properties = std::string();  // none at all for MQTT 3
};

inline std::string publish(const Publish& options) {
  std::string body = text(options.topic);
  if (options.qos > 0) body += u16(options.id);
  if (options.properties) body += properties(*options.properties);
  body += options.payload;
  return packet(0x30U | (options.duplicate ? 8U : 0U) | options.qos << 1 | (options.retain ? 1U : 0U), body);
}

/// PUBACK 4, PUBREC 5, PUBREL 6, PUBCOMP 7.
inline std::string ack(unsigned type, unsigned id) { return packet(type << 4 | (type == 6 ? 2U : 0U), u16(id)); }
inline std::string ack(unsigned type, unsigned id, unsigned reason) {
  return packet(type << 4 | (type == 6 ? 2U : 0U), u16(id) + bytes({reason}));
}

struct Filter {
  std::string filter = {};
  unsigned options = 0;
};
inline std::string subscribe(unsigned id, const std::vector<Filter>& filters,
                             const std::optional<std::string>& block = std::string()) {
  std::string body = u16(id);
  if (block) body += properties(*block);
  for (const Filter& filter : filters) body += text(filter.filter) + bytes({filter.options});
  return packet(0x82, body);
}
inline std::string unsubscribe(unsigned id, const std::vector<std::string>& filters,
                               const std::optional<std::string>& block = std::string()) {
  std::string body = u16(id);
  if (block) body += properties(*block);
  for (const std::string& filter : filters) body += text(filter);
  return packet(0xA2, body);
}

inline std::string disconnect() { return bytes({0xE0, 0}); }
inline std::string disconnect(unsigned reason, std::string_view block = {}) {
  return packet(0xE0, bytes({reason}) + properties(block));
}
inline std::string auth(unsigned reason, std::string_view method, std::string_view data) {
  return packet(0xF0, bytes({reason}) + properties(bytes({0x15}) + text(method) + bytes({0x16}) + text(data)));
}
inline std::string pingreq() { return bytes({0xC0, 0}); }

/// One packet a broker sent.
struct Answer {
  unsigned first = 0;
  std::string body = {};

  unsigned type() const { return first >> 4; }
  unsigned at(std::size_t index) const { return index < body.size() ? static_cast<unsigned char>(body[index]) : 999U; }
  bool contains(std::string_view piece) const { return body.find(piece) != std::string::npos; }
};

/// Splits what a broker sent; what does not end with a whole packet gets type 0.
inline std::vector<Answer> split(std::string_view stream) {
  std::vector<Answer> out;
  while (!stream.empty()) {
    std::size_t size = 0;
    std::size_t used = 1;
    unsigned shift = 0;
    while (used < stream.size()) {
      const auto byte = static_cast<unsigned char>(stream[used++]);
      size |= static_cast<std::size_t>(byte & 0x7F) << shift;
      shift += 7;
      if ((byte & 0x80) == 0) break;
    }
    if (used + size > stream.size()) {
      out.push_back({0, std::string(stream)});
      break;
    }
    out.push_back({static_cast<unsigned char>(stream[0]), std::string(stream.substr(used, size))});
    stream.remove_prefix(used + size);
  }
  return out;
}

}  // namespace wire
