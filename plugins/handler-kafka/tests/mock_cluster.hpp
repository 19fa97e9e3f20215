// A Kafka cluster within the test's process: the Kafka library's own, which can fail as the test wants.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace kafka::testing {

struct KafkaRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key = {};
  bool keyed = false;
  std::string value = {};
  std::map<std::string, std::string> headers = {};

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "none" : found->second;
  }
};

class MockCluster {
 public:
  static constexpr int kPartitions = 4;

  explicit MockCluster(int servers = 1) : servers_(servers), owner_(client(RD_KAFKA_PRODUCER, {})) {
    cluster_ = rd_kafka_mock_cluster_new(owner_.get(), servers);
    if (cluster_ == nullptr) throw std::runtime_error("no mock cluster");
  }
  ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  rd_kafka_mock_cluster_t* get() const { return cluster_; }
  std::string servers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void topic(const std::string& name) const { rd_kafka_mock_topic_create(cluster_, name.c_str(), kPartitions, 1); }
  void topic_fails(const std::string& name, rd_kafka_resp_err_t error) const {
    rd_kafka_mock_topic_set_error(cluster_, name.c_str(), error);
  }
  /// The next requests with records are answered so.
  void fail(const std::vector<rd_kafka_resp_err_t>& errors) const {
    static constexpr std::int16_t kProduce = 0;
    rd_kafka_mock_push_request_errors_array(cluster_, kProduce, errors.size(), errors.data());
  }
  /// Nobody listens any more, and open connections end; or they do again, with all that was written.
  void stop() const {
    for (int i = 1; i <= servers_; ++i) rd_kafka_mock_broker_set_down(cluster_, i);
  }
  void start() const {
    for (int i = 1; i <= servers_; ++i) rd_kafka_mock_broker_set_up(cluster_, i);
  }
  void delay(std::chrono::milliseconds round_trip) const {
    for (int i = 1; i <= servers_; ++i) {
      rd_kafka_mock_broker_set_rtt(cluster_, i, static_cast<int>(round_trip.count()));
    }
  }

  /// Reads the topic from its beginning: until there are so many records, or nothing has come for a while.
  std::vector<KafkaRecord> read(const std::string& topic, std::size_t count,
                                std::chrono::milliseconds patience = std::chrono::seconds(10)) const {
    const auto reader = client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", servers()},
                                                   {"group.id", "test"},
                                                   {"enable.auto.commit", "false"},
                                                   {"auto.offset.reset", "earliest"},
                                                   {"fetch.wait.max.ms", "20"}});
    rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(kPartitions);
    for (std::int32_t i = 0; i < kPartitions; ++i) {
      rd_kafka_topic_partition_list_add(all, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(reader.get(), all);
    rd_kafka_topic_partition_list_destroy(all);
    std::vector<KafkaRecord> out;
    auto until = std::chrono::steady_clock::now() + patience;
    while (out.size() < count && std::chrono::steady_clock::now() < until) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(reader.get(), 50);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        out.push_back(taken(*message));
        until = std::chrono::steady_clock::now() + patience;
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(reader.get());
    return out;
  }

 private:
  struct Destroy {
    void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
  };
  using Client = std::unique_ptr<rd_kafka_t, Destroy>;

  static Client client(rd_kafka_type_t type, const std::vector<std::pair<std::string, std::string>>& settings) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    std::array<char, 512> why{};
    for (const auto& [name, value] : settings) {
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size());
    }
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    Client made(rd_kafka_new(type, conf, why.data(), why.size()));
    if (made == nullptr) throw std::runtime_error(why.data());
    return made;
  }
  static std::string text(const void* data, std::size_t size) {
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
  }
  static KafkaRecord taken(const rd_kafka_message_t& message) {
    KafkaRecord out{.partition = message.partition,
                    .offset = message.offset,
                    .key = text(message.key, message.key_len),
                    .keyed = message.key != nullptr,
                    .value = text(message.payload, message.len)};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      out.headers[name] = text(value, size);
    }
    return out;
  }

  const int servers_;
  Client owner_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace kafka::testing
