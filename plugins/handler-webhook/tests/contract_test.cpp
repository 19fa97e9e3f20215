// What every handler promises: with a peer that takes every event, and where nobody takes connections.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct WebhookHandlerSamples : trellis::testing::HandlerSamples {
  using Plugin = hooks::WebhookHandler;
  static std::string settings() { return R"({"http2": false})"; }
  static std::vector<std::string> wrong_settings() { return {R"({"timeout": "soon"})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"endpointUrl": "https://hooks.example.org/in"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {}})", R"({"properties": {"endpointUrl": "nowhere"}})"};
  }
  static void dialled(trellis::testing::TestHost& host) {
    auto peer = host.answer_dial();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (peer.open()) peer.disconnect();  // so that the next request is dialled, and comes here
  }
};
TRELLIS_CONTRACT_SUITE(Handler, WebhookHandlerSamples);

struct LonelyWebhookHandlerSamples : WebhookHandlerSamples {
  static void dialled(trellis::testing::TestHost& host) { HandlerSamples::dialled(host); }
};
TRELLIS_CONTRACT_SUITE(Handler, LonelyWebhookHandlerSamples);

}  // namespace
