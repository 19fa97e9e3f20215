// What every handler promises, where nobody takes connections: events wait, and are settled when their time is up.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct AmqpSamples : trellis::testing::HandlerSamples {
  using Plugin = amqp::AmqpHandler;
  static std::vector<std::string> wrong_settings() { return {R"({"timeout": "soon"})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"host": "127.0.0.1", "port": 5672, "tls": false, "address": "orders"}})",
            R"({"endpointType": "ServiceBusQueue", "properties": {"connectionString":
               "Endpoint=sb://plant.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=c"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {"address": "orders"}})", R"({"properties": {"host": "127.0.0.1"}})"};
  }
};
TRELLIS_CONTRACT_SUITE(Handler, AmqpSamples);

}  // namespace
