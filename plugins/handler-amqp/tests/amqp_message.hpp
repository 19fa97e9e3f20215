// What a reader of AMQP messages finds in one.
#pragma once

#include <proton/codec.h>
#include <proton/message.h>

#include <map>
#include <string>

namespace amqp::testing {

struct AmqpMessage {
  std::string id = {};
  std::string subject = {};
  std::string content_type = {};
  std::string group = {};
  std::string correlation = {};
  std::string partition_key = {};
  std::string body = {};
  bool durable = false;
  std::map<std::string, std::string> properties = {};

  std::string property(const std::string& name) const {
    const auto found = properties.find(name);
    return found == properties.end() ? "none" : found->second;
  }

  static AmqpMessage decode(const std::string& bytes) {
    AmqpMessage out;
    pn_message_t* const message = pn_message();
    if (pn_message_decode(message, bytes.data(), bytes.size()) == 0) {
      out.durable = pn_message_is_durable(message);
      out.id = text(pn_message_get_id(message));
      out.correlation = text(pn_message_get_correlation_id(message));
      out.subject = text(pn_message_get_subject(message));
      out.content_type = text(pn_message_get_content_type(message));
      out.group = text(pn_message_get_group_id(message));
      out.properties = texts(pn_message_properties(message));
      const auto annotations = texts(pn_message_annotations(message));
      if (const auto found = annotations.find("x-opt-partition-key"); found != annotations.end()) {
        out.partition_key = found->second;
      }
      pn_data_t* const body = pn_message_body(message);
      pn_data_rewind(body);
      if (pn_data_next(body) && pn_data_type(body) == PN_BINARY) out.body = text(pn_data_get_binary(body));
    }
    pn_message_free(message);
    return out;
  }

 private:
  static std::string text(const char* text) { return text == nullptr ? "" : text; }
  static std::string text(pn_bytes_t bytes) {
    return bytes.start == nullptr ? "" : std::string(bytes.start, bytes.size);
  }
  static std::string text(pn_msgid_t id) { return id.type == PN_STRING ? text(id.u.as_bytes) : ""; }
  static std::map<std::string, std::string> texts(pn_data_t* data) {
    std::map<std::string, std::string> out;
    pn_data_rewind(data);
    if (!pn_data_next(data) || pn_data_type(data) != PN_MAP) return out;
    pn_data_enter(data);
    while (pn_data_next(data)) {
      const std::string name =
          pn_data_type(data) == PN_SYMBOL ? text(pn_data_get_symbol(data)) : text(pn_data_get_string(data));
      if (!pn_data_next(data)) break;
      out[name] = pn_data_type(data) == PN_STRING ? text(pn_data_get_string(data)) : "not a string";
    }
    return out;
  }
};

}  // namespace amqp::testing
