// The client on libpaho-mqtt3a: every call answers by callback, which is waited for here.
#include <MQTTAsync.h>

#include <future>

#include "client.hpp"
#include "convert.hpp"

namespace trellis::testing::paho {
namespace {

struct Answer {
  int code = 0;
  int granted_qos = 0;
  bool session_present = false;
};

/// One call under way. Paho calls exactly one of the callbacks, from its own thread.
///
/// The answer is shared with the callback, which may still come after the test gave up waiting.
class Call {
 public:
  Call() : answer_(std::make_shared<std::promise<Answer>>()), coming_(answer_->get_future()) {}

  /// For the `context` of Paho's options; taken back by take().
  void* context() const { return new std::shared_ptr<std::promise<Answer>>(answer_); }
  static std::shared_ptr<std::promise<Answer>> take(void* context) {
    const std::unique_ptr<std::shared_ptr<std::promise<Answer>>> owner(
        static_cast<std::shared_ptr<std::promise<Answer>>*>(context));
    return *owner;
  }

  Answer wait(const std::string& what) {
    if (coming_.wait_for(kDeadline) != std::future_status::ready) throw std::runtime_error(what + ": no answer");
    const Answer answer = coming_.get();
    check(answer.code, what);
    return answer;
  }

 private:
  std::shared_ptr<std::promise<Answer>> answer_;
  std::future<Answer> coming_;
};

void on_success(void* context, MQTTAsync_successData* data) {
  Answer answer;
  if (data != nullptr) {
    answer.granted_qos = data->alt.qos;
    answer.session_present = data->alt.connect.sessionPresent != 0;
  }
  Call::take(context)->set_value(answer);
}

void on_success5(void* context, MQTTAsync_successData5* data) {
  Answer answer;
  if (data != nullptr) {
    answer.granted_qos = data->reasonCode;
    answer.session_present = data->alt.connect.sessionPresent != 0;
  }
  Call::take(context)->set_value(answer);
}

// Codes of 0 mean success elsewhere, so a failure without one gets one.
void on_failure(void* context, MQTTAsync_failureData* data) {
  Call::take(context)->set_value({.code = data != nullptr && data->code != 0 ? data->code : -1});
}

void on_failure5(void* context, MQTTAsync_failureData5* data) {
  Call::take(context)->set_value(
      {.code = data != nullptr && data->reasonCode != 0 ? static_cast<int>(data->reasonCode) : -1});
}

class AsyncClient final : public Client {
 public:
  explicit AsyncClient(const ConnectOptions& options) : modern_(options.version == 5) {
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
    create.MQTTVersion = options.version;
    check(MQTTAsync_createWithOptions(&handle_, uri(options).c_str(), options.id.c_str(), MQTTCLIENT_PERSISTENCE_NONE,
                                      nullptr, &create),
          "create");
    check(MQTTAsync_setCallbacks(handle_, this, nullptr, &AsyncClient::on_message, nullptr), "set callbacks");
    connect_to_broker(options);
  }
  ~AsyncClient() override { MQTTAsync_destroy(&handle_); }

  bool session_present() const override { return session_present_; }

  int subscribe(const std::string& filter, int qos) override {
    Call call;
    auto response = answer_to(call);
    check(MQTTAsync_subscribe(handle_, filter.c_str(), qos, &response), "subscribe");
    return call.wait("subscribe").granted_qos;
  }

  void unsubscribe(const std::string& filter) override {
    Call call;
    auto response = answer_to(call);
    check(MQTTAsync_unsubscribe(handle_, filter.c_str(), &response), "unsubscribe");
    call.wait("unsubscribe");
  }

  void publish(const Message& message) override {
    Properties properties(message);
    MQTTAsync_message packet = MQTTAsync_message_initializer;
    packet.payload = const_cast<char*>(message.payload.data());  // only read
    packet.payloadlen = static_cast<int>(message.payload.size());
    packet.qos = message.qos;
    packet.retained = message.retained ? 1 : 0;
    if (modern_) packet.properties = *properties.get();
    Call call;
    auto response = answer_to(call);
    check(MQTTAsync_sendMessage(handle_, message.topic.c_str(), &packet, &response), "publish");
    call.wait("publish");
  }

  void disconnect() override {
    Call call;
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    if (modern_) options = MQTTAsync_disconnectOptions_initializer5;
    listen(options, call);
    check(MQTTAsync_disconnect(handle_, &options), "disconnect");
    call.wait("disconnect");
  }

 private:
  template <class Options>
  void listen(Options& options, const Call& call) const {
    options.context = call.context();
    if (modern_) {
      options.onSuccess5 = on_success5;
      options.onFailure5 = on_failure5;
    } else {
      options.onSuccess = on_success;
      options.onFailure = on_failure;
    }
  }

  MQTTAsync_responseOptions answer_to(const Call& call) const {
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    listen(options, call);
    return options;
  }

  void connect_to_broker(const ConnectOptions& options) {
    MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer;
    if (modern_) connect = MQTTAsync_connectOptions_initializer5;
    connect.MQTTVersion = options.version;
    connect.cleansession = !modern_ && options.clean;
    connect.cleanstart = modern_ && options.clean;

    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    Properties properties;
    if (options.will != nullptr) {
      will.topicName = options.will->topic.c_str();
      will.payload.data = options.will->payload.data();
      will.payload.len = static_cast<int>(options.will->payload.size());
      will.qos = options.will->qos;
      will.retained = options.will->retained ? 1 : 0;
      connect.will = &will;
    }
    if (modern_) {
      properties.add_session_expiry(options.session_expiry_s);
      connect.connectProperties = properties.get();
    }
    Call call;
    listen(connect, call);
    check(MQTTAsync_connect(handle_, &connect), "connect");
    session_present_ = call.wait("connect").session_present;
  }

  static int on_message(void* self, char* topic, int topic_length, MQTTAsync_message* message) {
    static_cast<AsyncClient*>(self)->inbox_.put(from_paho(topic, topic_length, *message));
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;  // taken; 0 would have it delivered again
  }

  bool modern_;
  bool session_present_ = false;
  MQTTAsync handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Client> connect(const ConnectOptions& options) { return std::make_unique<AsyncClient>(options); }

}  // namespace trellis::testing::paho
