// A service for tests of requests: answers with what it was asked.
#include <string>
#include <trellis/service.hpp>

namespace {

class MirrorService final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-mirror",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Answers with what it was asked. For tests.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_SERVICE}};

  static trellis::Schema schema() { return trellis::Schema{}; }
  trellis::Result<void> configure(const trellis::Config&) override { return trellis::ok(); }
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    reply.text("namespace " + std::to_string(request.name_space()) + " host <" + std::string(request.host()) +
               "> path " + std::string(request.path()));
  }
};

}  // namespace

TRELLIS_PLUGIN(MirrorService);
