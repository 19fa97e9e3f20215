// What every handler promises: with a service-events that keeps everything, and without any.
#include <trellis/service.hpp>
#include <trellis/testing/contract/handler.hpp>

#include "handler.hpp"

namespace {

/// Stands for service-events; every event is kept at once.
class Keeper final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-keeper", .version = "1.0.0"};
  struct ShardState {
    ShardState(Keeper&, trellis::Shard&) {}
  };

  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr common::EventSink kTable{
        sizeof(common::EventSink), [](void*, const common::EventSinkRequest* request) {
          const std::vector<std::uint32_t> outcomes(request->count, common::kSinkKept);
          request->done(request->user, outcomes.data(), request->count);
        }};
    return id == trellis::kTableId<common::EventSink> ? &kTable : Service::table(id);
  }
};

struct ForwardingAloneSamples : trellis::testing::HandlerSamples {
  using Plugin = namespace_topic::NamespaceTopicHandler;
  static std::vector<std::string> wrong_settings() { return {R"({"topic": "copies"})"}; }
  static std::vector<std::string> destinations() { return {of(R"("topicName": "copies", "hops": 4)")}; }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", of(""), of(R"("topicName": "copies", "namespaceName": "office")")};
  }

 private:
  static std::string of(const std::string& properties) {
    return R"({"properties": {)" + properties +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "copy"}})";
  }
};
TRELLIS_CONTRACT_SUITE(Handler, ForwardingAloneSamples);

struct ForwardingSamples : ForwardingAloneSamples {
  static void prepare(trellis::testing::TestHost& host) { host.load<Keeper>(); }
};
TRELLIS_CONTRACT_SUITE(Handler, ForwardingSamples);

}  // namespace
