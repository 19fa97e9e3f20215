// Answers requests by trying something of the system, and telling what came of it: "ok", or the error's name.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <trellis/service.hpp>
#include <vector>

#include "attacks.hpp"

#ifdef PROBE_ALLOWED
#define PROBE_ID "service-probe-allowed"
#define PROBE_CAPABILITIES (TRELLIS_CAPABILITY_FILES_WRITE | TRELLIS_CAPABILITY_NETWORK)
#else
#define PROBE_ID "service-probe"
#define PROBE_CAPABILITIES 0
#endif

namespace {

std::string outcome(int descriptor) {
  if (descriptor < 0) return strerrorname_np(errno);
  ::close(descriptor);
  return "ok";
}

class Probe final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = PROBE_ID, .version = "1.0.0", .summary = "Tries what it is asked to.", .capabilities = PROBE_CAPABILITIES};

  trellis::Result<void> start() override {
    requests_ = host().counter("trellis_probe_requests_total", "What it was asked to try.");
    return trellis::ok();
  }

  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    requests_.add(request.shard());
    const std::string path(request.path());
    if (path == "/read") return reply.text(outcome(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)));
    if (path == "/socket") return reply.text(outcome(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    if (path == "/kill") return reply.text(::kill(::getppid(), 0) == 0 ? "ok" : strerrorname_np(errno));
    if (path == "/abort") std::abort();
    if (path == "/scribble") return reply.text(probe::scribble());
    if (path == "/flood") probe::flood();
    if (path == "/own") return reply.text(probe::signal_by_descriptor(0));
    if (path == "/own-ex") return reply.text(probe::signal_by_descriptor(1));
    if (path == "/own-ioctl") return reply.text(probe::signal_by_descriptor(2));
    if (path == "/limit") return reply.text(probe::limit_the_broker());
    if (path == "/descriptors") return reply.text(probe::send_descriptors());
    if (path == "/inherited") return reply.text(probe::inherited());
    if (path == "/secret") return reply.text(::getenv("PROBE_SECRET") != nullptr ? "ok" : "nothing");
    if (path == "/silent") return kept_.push_back(std::move(reply));
    reply.text(std::to_string(::getpid()));
  }

 private:
  std::vector<trellis::Reply> kept_;  // never answered
  trellis::Metric requests_;
};

}  // namespace

TRELLIS_PLUGIN(Probe)
