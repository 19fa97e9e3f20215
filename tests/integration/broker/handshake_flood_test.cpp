// A flood of TLS handshakes: clients that are connected are still served in time.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using Clock = std::chrono::steady_clock;

// What a client of TLS 1.3 says first. The server answers with a signature, which is what costs it.
std::string client_hello() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* session = SSL_new(context);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(session, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(session);
  SSL_do_handshake(session);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string hello(data, static_cast<std::size_t>(size));
  SSL_free(session);
  SSL_CTX_free(context);
  return hello;
}

/// Begins handshakes, waits for the server's answer and leaves: many at once, for as long as it lives.
class Flood {
 public:
  explicit Flood(std::uint16_t port) : port_(port), hello_(client_hello()), thread_([this] { run(); }) {}
  ~Flood() {
    stop_ = true;
    thread_.join();
  }
  /// Handshakes the server has answered.
  int answered() const { return answered_; }

 private:
  static constexpr std::size_t kAtOnce = 200;

  void open() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    open_.insert(fd);
  }

  void close(int fd) {
    const linger hard{1, 0};  // no thousands of ports in TIME_WAIT
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd);
    open_.erase(fd);
  }

  void serve(int fd, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && ::send(fd, hello_.data(), hello_.size(), MSG_NOSIGNAL) > 0) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
      return;
    }
    std::array<char, 8192> buffer;
    if (::recv(fd, buffer.data(), buffer.size(), 0) > 0) ++answered_;
    close(fd);
  }

  void run() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    while (!stop_) {
      while (open_.size() < kAtOnce) open();
      std::array<epoll_event, 64> events;
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 20);
      for (int i = 0; i < count; ++i)
        serve(events[static_cast<std::size_t>(i)].data.fd, events[static_cast<std::size_t>(i)].events);
    }
    while (!open_.empty()) close(*open_.begin());
    ::close(epoll_);
  }

  std::uint16_t port_;
  std::string hello_;
  int epoll_ = -1;
  std::set<int> open_;
  std::atomic<int> answered_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class HandshakeFlood : public SiteTest {};

TEST_F(HandshakeFlood, LeavesConnectedClientsTheirLatency) {
  const TemporaryDirectory certificates;
  const auto made = trellis({"cert", "dev", certificates.path()});
  ASSERT_EQ(made.code, 0) << made.describe();
  const std::string file = "\"" + certificates.path() + "/server.";
  start({.plugins = R"("transport-tls": {"config": {"certificates": [{"chain": )" + file + "pem\", \"key\": " + file +
                    "key\"}]}}",
         .listeners = R"({"name": "mqtts", "address": "127.0.0.1:0", "layers": ["transport-tls"],
                          "protocol": "transport-mqtt"},)"});
  const auto topic = unique();
  auto client = subscribed(Version::v5, {.filter = topic});
  const Flood flood(broker().port("mqtts"));
  ASSERT_TRUE(eventually([&] { return flood.answered() > 100; }));
  std::vector<Clock::duration> latencies;
  const int before = flood.answered();
  for (const auto end = Clock::now() + std::chrono::seconds(3); Clock::now() < end;) {
    const auto sent = Clock::now();
    client.publish({.topic = topic, .payload = "ping"});
    client.expect_publish("ping");
    latencies.push_back(Clock::now() - sent);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // a rate, not a wait for something
  }
  ASSERT_GT(flood.answered() - before, 100) << "the flood went on";
  std::sort(latencies.begin(), latencies.end());
  const auto p99 = std::chrono::duration_cast<std::chrono::milliseconds>(latencies[latencies.size() * 99 / 100]);
  RecordProperty("p99_ms", static_cast<int>(p99.count()));
  RecordProperty("handshakes", flood.answered() - before);
  EXPECT_LT(p99.count(), 50) << "of " << latencies.size() << " messages, beside " << flood.answered() - before
                             << " handshakes";
}

}  // namespace
}  // namespace trellis::testing
