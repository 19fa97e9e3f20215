// What every handler promises, where nobody takes connections: events wait, and are settled when their time is up.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct MqttOutSamples : trellis::testing::HandlerSamples {
  using Plugin = mqtt_out::MqttHandler;
  static std::vector<std::string> wrong_settings() { return {R"({"timeout": "soon"})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"host": "127.0.0.1", "topic": "orders"}})",
            R"({"properties": {"host": "127.0.0.1", "topic": "orders", "version": "3.1.1", "qos": 0}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {"host": "127.0.0.1"}})",
            R"({"properties": {"host": "127.0.0.1", "topic": "orders/#"}})",
            R"({"properties": {"host": "127.0.0.1", "topic": "orders", "qos": 3}})"};
  }
};
TRELLIS_CONTRACT_SUITE(Handler, MqttOutSamples);

}  // namespace
