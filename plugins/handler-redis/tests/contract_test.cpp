// What every handler promises, where nobody takes connections: events wait, and are settled when their time is up.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct RedisSamples : trellis::testing::HandlerSamples {
  using Plugin = redis::RedisHandler;
  static std::vector<std::string> wrong_settings() { return {R"({"timeout": "soon"})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"host": "127.0.0.1", "stream": "orders"}})",
            R"({"properties": {"host": "127.0.0.1", "stream": "s:{subject}"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {"host": "127.0.0.1"}})",
            R"({"properties": {"host": "127.0.0.1", "stream": "a{b"}})"};
  }
};
TRELLIS_CONTRACT_SUITE(Handler, RedisSamples);

}  // namespace
