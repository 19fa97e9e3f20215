// What every handler promises, where nobody takes connections: events wait, and are settled when their time is up.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct NatsSamples : trellis::testing::HandlerSamples {
  using Plugin = nats::NatsHandler;
  static std::vector<std::string> wrong_settings() { return {R"({"timeout": "soon"})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"host": "127.0.0.1", "subject": "orders"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {"host": "127.0.0.1"}})",
            R"({"properties": {"host": "127.0.0.1", "subject": "a b"}})"};
  }
};
TRELLIS_CONTRACT_SUITE(Handler, NatsSamples);

}  // namespace
