// Between the tests' messages and Paho's structs, which both of its libraries name differently and lay out alike.
#pragma once

#include <MQTTProperties.h>

#include <cstring>
#include <string>

#include "client.hpp"

namespace trellis::testing::paho {

inline std::string to_text(const MQTTLenString& text) {
  return std::string(text.data, static_cast<std::size_t>(text.len));
}

/// Borrows the text; Paho copies it when the property is added.
inline MQTTLenString to_paho(const std::string& text) {
  return MQTTLenString{static_cast<int>(text.size()),
                       const_cast<char*>(text.data())};  // Paho takes no const, and only reads
}

/// User properties in Paho's form, freed with it.
class Properties {
 public:
  explicit Properties(const Message& message) {
    for (const auto& [key, value] : message.user_properties) {
      MQTTProperty property{};
      property.identifier = MQTTPROPERTY_CODE_USER_PROPERTY;
      property.value.data = to_paho(key);
      property.value.value = to_paho(value);
      check(MQTTProperties_add(&properties_, &property), "add a property");
    }
  }
  Properties() = default;
  ~Properties() { MQTTProperties_free(&properties_); }
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;

  void add_session_expiry(unsigned seconds) {
    MQTTProperty property{};
    property.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL;
    property.value.integer4 = seconds;
    check(MQTTProperties_add(&properties_, &property), "add a property");
  }
  MQTTProperties* get() { return &properties_; }

 private:
  MQTTProperties properties_ = MQTTProperties_initializer;
};

/// From MQTTClient_message or MQTTAsync_message.
template <class PahoMessage>
Message from_paho(const char* topic, int topic_length, const PahoMessage& received) {
  Message message;
  // A length of 0 means that the topic ends at its zero byte.
  message.topic = topic_length > 0 ? std::string(topic, static_cast<std::size_t>(topic_length)) : std::string(topic);
  message.payload.assign(static_cast<const char*>(received.payload), static_cast<std::size_t>(received.payloadlen));
  message.qos = received.qos;
  message.retained = received.retained != 0;
  for (int i = 0; i < received.properties.count; ++i) {
    const MQTTProperty& property = received.properties.array[i];
    if (property.identifier != MQTTPROPERTY_CODE_USER_PROPERTY) continue;
    message.user_properties.emplace_back(to_text(property.value.data), to_text(property.value.value));
  }
  return message;
}

inline std::string uri(const ConnectOptions& options) { return "tcp://127.0.0.1:" + std::to_string(options.port); }

}  // namespace trellis::testing::paho
