// What every handler promises: with a peer that takes every event, and where nobody takes connections.
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

struct StorageQueueSamples : trellis::testing::HandlerSamples {
  using Plugin = storage_queue::StorageQueueHandler;
  static std::vector<std::string> wrong_settings() { return {R"({"accounts": [{"name": "shop"}]})"}; }
  static std::vector<std::string> destinations() {
    return {R"({"properties": {"queueUrl": "https://shop.queue.core.windows.net/orders", "accountKey": "c2VjcmV0"}})"};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {}})", R"({"properties": {"resourceId": "shop", "queueName": "No Queue"}})"};
  }
  static void dialled(trellis::testing::TestHost& host) {
    auto peer = host.answer_dial();
    peer.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    if (peer.open()) peer.disconnect();  // so that the next request is dialled, and comes here
  }
};
TRELLIS_CONTRACT_SUITE(Handler, StorageQueueSamples);

struct LonelyStorageQueueSamples : StorageQueueSamples {
  static void dialled(trellis::testing::TestHost& host) { HandlerSamples::dialled(host); }
};
TRELLIS_CONTRACT_SUITE(Handler, LonelyStorageQueueSamples);

}  // namespace
