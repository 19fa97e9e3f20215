// Answers requests by trying something of the system, and telling what came of it: "ok", or the error's name.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <trellis/service.hpp>
#include <vector>

#ifdef PROBE_ALLOWED
#define PROBE_ID "service-probe-allowed"
#define PROBE_CAPABILITIES TRELLIS_CAPABILITY_FILES_WRITE | TRELLIS_CAPABILITY_NETWORK
#else
#define PROBE_ID "service-probe"
#define PROBE_CAPABILITIES 0
#endif

namespace {

// What a plugin does that means harm: writes over all that it shares with the broker.
std::string scribble() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:trellis-plugin") == std::string::npos) continue;
    const std::size_t dash = line.find('-');
    auto* const begin = reinterpret_cast<char*>(std::stoull(line.substr(0, dash), nullptr, 16));
    const auto* const end = reinterpret_cast<char*>(std::stoull(line.substr(dash + 1), nullptr, 16));
    std::memset(begin, 0x5A, static_cast<std::size_t>(end - begin));
  }
  return "ok";
}

std::string outcome(int descriptor) {
  if (descriptor < 0) return strerrorname_np(errno);
  ::close(descriptor);
  return "ok";
}

class Probe final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = PROBE_ID, .version = "1.0.0", .summary = "Tries what it is asked to.", .capabilities = PROBE_CAPABILITIES};

  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    const std::string path(request.path());
    if (path == "/read") return reply.text(outcome(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)));
    if (path == "/socket") return reply.text(outcome(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    if (path == "/kill") return reply.text(::kill(::getppid(), 0) == 0 ? "ok" : strerrorname_np(errno));
    if (path == "/abort") std::abort();
    if (path == "/scribble") return reply.text(scribble());
    if (path == "/silent") return kept_.push_back(std::move(reply));
    reply.text(std::to_string(::getpid()));
  }

 private:
  std::vector<trellis::Reply> kept_;  // never answered
};

}  // namespace

TRELLIS_PLUGIN(Probe)
