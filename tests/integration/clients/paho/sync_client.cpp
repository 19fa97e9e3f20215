// The client on libpaho-mqtt3c: calls that block.
#include <MQTTClient.h>

#include "client.hpp"
#include "convert.hpp"

namespace trellis::testing::paho {
namespace {

constexpr unsigned long kTimeoutMs = std::chrono::milliseconds(kDeadline).count();

/// Frees what Paho answers with.
class Response {
 public:
  explicit Response(MQTTResponse response) : response_(response) {}
  ~Response() { MQTTResponse_free(response_); }
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;
  int code() const { return response_.reasonCode; }

 private:
  MQTTResponse response_;
};

class SyncClient final : public Client {
 public:
  explicit SyncClient(const ConnectOptions& options) : modern_(options.version == 5) {
    MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
    create.MQTTVersion = options.version;
    check(MQTTClient_createWithOptions(&handle_, uri(options).c_str(), options.id.c_str(), MQTTCLIENT_PERSISTENCE_NONE,
                                       nullptr, &create),
          "create");
    check(MQTTClient_setCallbacks(handle_, this, nullptr, &SyncClient::on_message, nullptr), "set callbacks");
    MQTTClient_setCommandTimeout(handle_, kTimeoutMs);
    connect_to_broker(options);
  }
  ~SyncClient() override { MQTTClient_destroy(&handle_); }

  bool session_present() const override { return session_present_; }

  int subscribe(const std::string& filter, int qos) override {
    if (modern_) {
      const Response response(MQTTClient_subscribe5(handle_, filter.c_str(), qos, nullptr, nullptr));
      if (response.code() > 2) check(response.code(), "subscribe");
      return response.code();
    }
    check(MQTTClient_subscribe(handle_, filter.c_str(), qos), "subscribe");
    return qos;  // this library says no to anything else
  }

  void unsubscribe(const std::string& filter) override {
    if (modern_) {
      const Response response(MQTTClient_unsubscribe5(handle_, filter.c_str(), nullptr));
      check(response.code(), "unsubscribe");
    } else {
      check(MQTTClient_unsubscribe(handle_, filter.c_str()), "unsubscribe");
    }
  }

  void publish(const Message& message) override {
    Properties properties(message);
    MQTTClient_message packet = MQTTClient_message_initializer;
    packet.payload = const_cast<char*>(message.payload.data());  // only read
    packet.payloadlen = static_cast<int>(message.payload.size());
    packet.qos = message.qos;
    packet.retained = message.retained ? 1 : 0;
    MQTTClient_deliveryToken token = 0;
    if (modern_) {
      packet.properties = *properties.get();
      const Response response(MQTTClient_publishMessage5(handle_, message.topic.c_str(), &packet, &token));
      check(response.code(), "publish");
    } else {
      check(MQTTClient_publishMessage(handle_, message.topic.c_str(), &packet, &token), "publish");
    }
    if (message.qos > 0)
      check(MQTTClient_waitForCompletion(handle_, token, kTimeoutMs), "wait for the acknowledgement");
  }

  void disconnect() override {
    constexpr int kGraceMs = 1000;
    check(modern_ ? MQTTClient_disconnect5(handle_, kGraceMs, MQTTREASONCODE_SUCCESS, nullptr)
                  : MQTTClient_disconnect(handle_, kGraceMs),
          "disconnect");
  }

 private:
  void connect_to_broker(const ConnectOptions& options) {
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;
    if (modern_) connect = MQTTClient_connectOptions_initializer5;
    connect.MQTTVersion = options.version;
    connect.cleansession = !modern_ && options.clean;
    connect.cleanstart = modern_ && options.clean;

    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
    Properties will_properties;
    if (options.will != nullptr) {
      will.topicName = options.will->topic.c_str();
      will.payload.data = options.will->payload.data();
      will.payload.len = static_cast<int>(options.will->payload.size());
      will.qos = options.will->qos;
      will.retained = options.will->retained ? 1 : 0;
      connect.will = &will;
    }
    if (modern_) {
      Properties properties;
      properties.add_session_expiry(options.session_expiry_s);
      const Response response(MQTTClient_connect5(handle_, &connect, properties.get(), will_properties.get()));
      check(response.code(), "connect");
    } else {
      check(MQTTClient_connect(handle_, &connect), "connect");
    }
    session_present_ = connect.returned.sessionPresent != 0;
  }

  static int on_message(void* self, char* topic, int topic_length, MQTTClient_message* message) {
    static_cast<SyncClient*>(self)->inbox_.put(from_paho(topic, topic_length, *message));
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;  // taken; 0 would have it delivered again
  }

  bool modern_;
  bool session_present_ = false;
  MQTTClient handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Client> connect(const ConnectOptions& options) { return std::make_unique<SyncClient>(options); }

}  // namespace trellis::testing::paho
