// What every handler promises: with a peer that takes every event, and where nobody takes connections.
#include <trellis/testing/contract/handler.hpp>

#include "function_handler.hpp"

namespace {

struct FunctionSamples : trellis::testing::HandlerSamples {
  using Plugin = functions::FunctionHandler;
  static std::string settings() { return R"({"http2": false, "apps": [{"name": "shop", "system_key": "SECRET=="}]})"; }
  static std::vector<std::string> wrong_settings() {
    return {R"({"apps": [{"name": "a/b"}]})", R"({"apps": [{"name": "a", "url": "http://fn.example.org"}]})"};
  }
  static std::vector<std::string> destinations() {
    return {
        R"({"properties": {"functionAppUrl": "https://fn.example.org", "functionName": "On-Order"}})",
        R"({"properties": {"resourceId": "/subscriptions/s/providers/Microsoft.Web/sites/shop/functions/OnOrder"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {}})", R"({"properties": {"resourceId": "/sites/other/functions/f"}})"};
  }
  static void dialled(trellis::testing::TestHost& host) {
    auto peer = host.answer_dial();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (peer.open()) peer.disconnect();  // so that the next request is dialled, and comes here
  }
};
TRELLIS_CONTRACT_SUITE(Handler, FunctionSamples);

struct LonelyFunctionSamples : FunctionSamples {
  static void dialled(trellis::testing::TestHost& host) { HandlerSamples::dialled(host); }
};
TRELLIS_CONTRACT_SUITE(Handler, LonelyFunctionSamples);

}  // namespace
