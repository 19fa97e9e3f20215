// Hostile and broken peers, while two well-behaved clients keep exchanging messages untouched.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Two clients that exchange QoS 1 messages all the while, on a thread of their own.
class Company {
 public:
  Company(std::uint16_t port, const std::string& name) : subscriber_(port), publisher_(port) {
    topic_ = name + "/company";
    subscriber_.connect({.client_id = name + "s"});
    subscriber_.subscribe({{.filter = topic_, .qos = 1}});
    publisher_.connect({.client_id = name + "p"});
    thread_ = std::thread([this] { run(); });
  }
  ~Company() { end(); }
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

  /// Empty when every message arrived in order and in time; at least one did after this was called.
  std::string end() {
    if (!thread_.joinable()) return trouble_;
    const auto before = exchanged_.load();
    const auto deadline = steady_clock::now() + std::chrono::seconds(5);
    while (exchanged_ == before && !failed_ && steady_clock::now() < deadline) std::this_thread::yield();
    stop_ = true;
    thread_.join();
    if (trouble_.empty() && exchanged_ == before) trouble_ = "no message was exchanged any more";
    return trouble_;
  }

 private:
  void run() {
    try {
      while (!stop_) {
        const auto payload = std::to_string(exchanged_.load());
        publisher_.publish({.topic = topic_, .payload = payload, .qos = 1});
        subscriber_.acknowledge(subscriber_.expect_publish(payload));
        ++exchanged_;
      }
    } catch (const std::exception& error) {
      trouble_ = error.what();
      failed_ = true;
    }
  }

  RawClient subscriber_;
  RawClient publisher_;
  std::string topic_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::atomic<int> exchanged_{0};
  std::string trouble_;  // written by the thread, read once it has ended
  std::thread thread_;
};

constexpr milliseconds kConnectTimeout{700};

class Hostile : public MqttTest {
 protected:
  static void SetUpTestSuite() {
    own_ = std::make_unique<Broker>(BrokerOptions{.max_packet_bytes = 100000, .connect_timeout = kConnectTimeout});
  }
  static void TearDownTestSuite() { own_.reset(); }
  Broker& broker() override { return *own_; }

  void SetUp() override { company_ = std::make_unique<Company>(broker().port(), unique()); }
  void TearDown() override {
    EXPECT_EQ(company_->end(), "");
    company_.reset();
    MqttTest::TearDown();
  }

  static std::unique_ptr<Broker> own_;
  std::unique_ptr<Company> company_;
};
std::unique_ptr<Broker> Hostile::own_;

// As many connections as the descriptors of this process allow, at most `wanted`.
std::size_t affordable_connections(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return std::min<std::size_t>(wanted, limit.rlim_cur > 1000 ? limit.rlim_cur - 500 : 500);
}

TEST_F(Hostile, TruncatedPacketsAndThenSilence) {
  const auto whole =
      Publish{.topic = unique(), .payload = std::string(100, 'x'), .qos = 1, .packet_id = 1}.encode(Version::v5);
  std::vector<RawClient> waiting;
  for (std::size_t size = 1; size < whole.size(); size += 3) {
    auto client = connected();
    client.send(whole.substr(0, size));
    waiting.push_back(std::move(client));
  }
  for (auto& client : waiting) client.reset();
}

TEST_F(Hostile, OversizedPackets) {
  for (int i = 0; i < 20; ++i) {
    auto client = connected();
    client.send_hex("30 FF FF FF 7F");
    client.expect_disconnect({0x95});
  }
}

TEST_F(Hostile, OversizedPacketsThatKeepComing) {
  auto client = connected();
  client.send_hex("30 FF FF FF 7F");
  const std::string flood(1 << 16, 'x');
  client.set_deadline(milliseconds(2000));
  try {
    for (int i = 0; i < 64; ++i) client.send(flood);
    client.expect_closed();
  } catch (const std::runtime_error&) {
    // That the broker neither reads nor answers any more would be as good; the company judges.
  }
}

TEST_F(Hostile, SlowLorisBeforeConnectIsCutOff) {
  // One byte each time the company's broker has proved itself alive; the client is never idle, yet never done.
  auto client = open();
  const auto bytes = Connect{.client_id = std::string(60000, 'x')}.encode(Version::v5);
  const auto start = steady_clock::now();
  auto other = connected();
  bool closed = false;
  for (std::size_t i = 0; i < bytes.size() && !closed; ++i) {
    client.send(bytes.substr(i, 1));
    other.expect_nothing();
    client.set_deadline(milliseconds(5));
    try {
      closed = client.receive() == std::nullopt;
    } catch (const std::runtime_error&) {
    }
    if (steady_clock::now() - start > std::chrono::seconds(8)) break;
  }
  EXPECT_TRUE(closed) << "a client that sends its CONNECT byte by byte was let go on for 8 s";
}

TEST_F(Hostile, SlowLorisAfterConnectHarmsNobody) {
  const auto topic = unique("/slow");
  auto subscriber = subscribed(Version::v5, {.filter = topic});
  auto client = connected();
  for (const char byte : Publish{.topic = topic, .payload = std::string(500, 's')}.encode(Version::v5)) {
    client.send(std::string_view(&byte, 1));
    if (byte == 's') continue;
    subscriber.expect_nothing();
  }
  EXPECT_EQ(subscriber.expect(PacketType::publish).payload.size(), 500u);
}

TEST_F(Hostile, HalfOpenConnections) {
  std::vector<RawClient> halves;
  for (int i = 0; i < 50; ++i) {
    auto client = connected(Version::v5, {.keep_alive = 1});
    client.half_close();
    halves.push_back(std::move(client));
  }
  for (auto& client : halves) client.expect_closed();
}

TEST_F(Hostile, SilentPeersAreGivenUpByKeepAlive) {
  std::vector<RawClient> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(connected(Version::v5, {.keep_alive = 1}));
  for (auto& client : silent) client.expect_disconnect({0x8D});
}

TEST_F(Hostile, ConnectionsThatNeverSendConnect) {
  const auto count = affordable_connections(10000);
  std::vector<RawClient> silent;
  silent.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    silent.push_back(open());
    silent.back().set_deadline(milliseconds(15000));
  }
  for (auto& client : silent) EXPECT_EQ(client.receive(), std::nullopt);
  auto newcomer = connected();
  newcomer.expect_nothing();
}

TEST_F(Hostile, ConnectionsThatComeAndGo) {
  for (int i = 0; i < 500; ++i) {
    auto client = open();
    if (i % 3 == 0) client.send_connect({.client_id = unique(std::to_string(i))});
    if (i % 2 == 0) client.reset();
  }
}

TEST_F(Hostile, RandomBytes) {
  std::uint32_t state = 12345;  // the same bytes each time, so that a failure can be repeated
  for (int round = 0; round < 200; ++round) {
    std::string noise;
    for (int i = 0; i < 200; ++i) noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    auto client = round % 2 == 0 ? open() : connected();
    client.send(noise);
    client.half_close();
  }
}

TEST_F(Hostile, StalledSubscriberDelaysNobody) {
  const auto topic = unique("/flood");
  auto stalled = subscribed(Version::v5, {.filter = topic});
  auto lively = subscribed(Version::v5, {.filter = topic, .qos = 1});
  auto publisher = connected();
  const std::string payload(50000, 'x');
  for (int i = 0; i < 400; ++i) {
    publisher.publish({.topic = topic, .payload = payload, .qos = 1});
    lively.acknowledge(lively.expect(PacketType::publish));
  }
}

TEST_F(Hostile, ManySubscriptionsAndTopics) {
  auto client = connected();
  for (int packet = 0; packet < 20; ++packet) {
    Subscribe subscribe;
    for (int i = 0; i < 100; ++i)
      subscribe.filters.push_back({.filter = unique("/" + std::to_string(packet) + "/+/" + std::to_string(i))});
    client.send_subscribe(subscribe);
    client.expect(PacketType::suback);
  }
}

}  // namespace
}  // namespace trellis::testing
