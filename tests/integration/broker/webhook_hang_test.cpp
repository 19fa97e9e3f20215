// A webhook that takes the connection and then says nothing, not even a word of TLS: who does not ask it never notices.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

/// Connections are accepted by the system and by nobody else.
class Silence {
 public:
  Silence() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 512) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Silence() { ::close(socket_); }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

class HangingWebhook : public SiteTest {
 protected:
  static constexpr int kPending = 64;

  void SetUp() override {
    folder_.write("judged.json", R"({"namespace": "judged", "namespaces": {"judged": {"topicSpacesConfiguration":
        {"clientAuthentication": {"webhookAuthentication": {"endpointUrl": "https://localhost:)" +
                                     std::to_string(silence_.port()) + R"(/judge"}}}}}})");
    start({.plugins = R"("tls-out": {"plugin": "transport-tls", "config": {"dialling": {}}},
                         "authenticator-webhook": {"config": {"timeout": "2s", "failures": 0, "pending": )" +
                      std::to_string(2 * kPending) + "}}",
           .listeners =
               R"({"name": "judged", "address": "127.0.0.1:0", "protocol": "transport-mqtt", "namespace": "judged"},)",
           .root = R"("resources": ")" + folder_.path() +
                   R"(", "outbound": {"tls": "tls-out", "allow": ["127.0.0.0/8", "::1"]})",
           .spaces = R"("judged": {"authenticators": ["authenticator-webhook"],
                                   "authorizers": ["authorizer-allow-all"]},)"});
  }
  /// The slowest of a hundred acknowledgements but one.
  static microseconds p99(RawClient& client) {
    std::vector<steady_clock::duration> times;
    for (int i = 0; i < 100; ++i) {
      const auto begin = steady_clock::now();
      client.publish({.topic = "steady", .payload = "x", .qos = 1});
      times.push_back(steady_clock::now() - begin);
    }
    std::ranges::sort(times);
    return std::chrono::duration_cast<microseconds>(times[98]);
  }

  TemporaryDirectory folder_;
  Silence silence_;
};

// Times are taken by turns, with and without clients who wait for the webhook, and the best of each kind is compared:
// what else the machine does spoils single turns, a broker that waits spoils all of one kind.
TEST_F(HangingWebhook, LeavesTheSlowestOfOtherClientsAsTheyWere) {
  auto steady = connected();
  auto without = microseconds::max();
  auto with = microseconds::max();
  double memory = 0;
  for (int turn = 0; turn < 5; ++turn) {
    without = std::min(without, p99(steady));
    std::vector<RawClient> waiting;
    for (int i = 0; i < kPending; ++i) {
      waiting.emplace_back(broker().port("judged"));
      waiting.back().send_connect({.client_id = "waiting-" + std::to_string(i)});
    }
    ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_webhook_calls") == kPending; }));
    with = std::min(with, p99(steady));
    ASSERT_EQ(metrics().sum("trellis_webhook_calls"), kPending) << "all of them still wait";
    memory = std::max(memory, metrics().sum("trellis_memory_bytes"));
    RawClient beyond(broker().port("judged"));
    beyond.send_connect({.client_id = "beyond"});
    beyond.expect_refused({0x88});
    waiting.clear();
    ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_webhook_calls") == 0; })) << "they time out";
  }
  EXPECT_LE(with, without * 3 / 2 + microseconds(200)) << "without: " << without.count() << " us";
  EXPECT_LT(memory, 1024.0 * 1024);
  RecordProperty("p99_without_us", std::to_string(without.count()));
  RecordProperty("p99_with_us", std::to_string(with.count()));
  std::printf("p99 of others: %lld us, with a hanging webhook %lld us\n", static_cast<long long>(without.count()),
              static_cast<long long>(with.count()));
}

}  // namespace
}  // namespace trellis::testing
