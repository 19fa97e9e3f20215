// No memory is allocated for a message in steady state beyond the one block of the message itself (design of the data
// path). Counted in the running broker, not argued.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <vector>

#include "support/broker.hpp"
#include "support/raw_client.hpp"

namespace trellis::testing {
namespace {

// The number of allocations of a process, in memory it shares with us.
class AllocationCount {
 public:
  explicit AllocationCount(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    void* const mapped = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    if (mapped != MAP_FAILED) counter_ = static_cast<const std::atomic<std::uint64_t>*>(mapped);
  }
  std::uint64_t read() const { return counter_ == nullptr ? 0 : counter_->load(); }

 private:
  const std::atomic<std::uint64_t>* counter_ = nullptr;
};

class Allocations : public ::testing::Test {
 protected:
  Allocations() : file_(directory_.write("count", std::string(sizeof(std::uint64_t), '\0'))), count_(file_) {}

  // A publisher and subscribers that have exchanged enough for every buffer and table to have its size.
  struct Fan {
    RawClient publisher;
    std::vector<RawClient> subscribers;
  };
  Fan fan_out(std::uint8_t qos) {
    Fan fan{client("publisher"), {}};
    for (int i = 0; i < 10; ++i) {
      fan.subscribers.push_back(client("subscriber-" + std::to_string(i)));
      fan.subscribers.back().subscribe({{.filter = "fan/out", .qos = qos}});
    }
    exchange(fan, qos, 300);
    return fan;
  }

  // Batches of messages; everybody has everything when this returns.
  static void exchange(Fan& fan, std::uint8_t qos, int batches) {
    for (int batch = 0; batch < batches; ++batch) {
      std::string bytes;
      for (std::uint16_t i = 1; i <= kBatch; ++i) {
        const Publish publish{.topic = "fan/out", .payload = std::string(64, 'x'), .qos = qos, .packet_id = i};
        bytes += publish.encode(Version::v5);
      }
      fan.publisher.send(bytes);
      for (RawClient& subscriber : fan.subscribers) {
        for (int i = 0; i < kBatch; ++i) {
          const Packet message = subscriber.expect(PacketType::publish);
          if (qos > 0) subscriber.send_ack(PacketType::puback, message.packet_id);
        }
      }
      for (int i = 0; qos > 0 && i < kBatch; ++i) fan.publisher.expect(PacketType::puback);
    }
  }

  // Allocations of the broker per published message.
  double per_message(int shards, std::uint8_t qos) {
    start(shards);
    Fan fan = fan_out(qos);
    constexpr int kBatches = 400;
    const std::uint64_t before = count_.read();
    exchange(fan, qos, kBatches);
    const std::uint64_t after = count_.read();
    EXPECT_GT(before, 0U) << "nothing was counted";
    return static_cast<double>(after - before) / (kBatches * kBatch);
  }

  static constexpr int kBatch = 25;

 private:
  void start(int shards) {
    ::setenv("LD_PRELOAD", COUNT_ALLOCATIONS, 1);
    ::setenv("ALLOCATION_COUNT", file_.c_str(), 1);
    broker_ = Broker::with_config(R"({"shards": )" + std::to_string(shards) + R"(,
      "listeners": [{"name": "mqtt", "address": "127.0.0.1:0", "protocol": "transport-mqtt"}],
      "namespaces": {"default": {"authenticators": ["authenticator-anonymous"], "authorizers": ["authorizer-allow-all"]}}})");
    ::unsetenv("LD_PRELOAD");
  }

  RawClient client(const std::string& id) {
    RawClient made(broker_->port());
    made.connect({.client_id = id});
    return made;
  }

  TemporaryDirectory directory_;
  std::string file_;
  AllocationCount count_;
  std::unique_ptr<Broker> broker_;
};

TEST_F(Allocations, QosZeroFanOutTakesNone) {
  const double allocations = per_message(1, 0);
  std::printf("one shard, QoS 0: %.4f allocations per published message, 10 receivers\n", allocations);
  EXPECT_LE(allocations, 0.02);
}

TEST_F(Allocations, QosOneFanOutTakesTheBlockOfTheMessage) {
  const double allocations = per_message(1, 1);
  std::printf("one shard, QoS 1: %.4f allocations per published message, 10 receivers\n", allocations);
  EXPECT_LE(allocations, 1.02);
}

// What goes to another shard travels in a letter per turn, which costs some blocks whatever the number of messages.
TEST_F(Allocations, BetweenShardsQosZeroFanOutTakesLessThanABlockPerMessage) {
  const double allocations = per_message(2, 0);
  std::printf("two shards, QoS 0: %.4f allocations per published message, 10 receivers\n", allocations);
  EXPECT_LE(allocations, 1.0);
}

}  // namespace
}  // namespace trellis::testing
