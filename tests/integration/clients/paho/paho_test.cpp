// Paho C against a running broker: linked once with its blocking library, once with the one of callbacks.
#include <gtest/gtest.h>
#include <unistd.h>

#include <tuple>

#include "client.hpp"
#include "support/broker.hpp"

namespace trellis::testing::paho {

void Inbox::put(Message message) {
  const std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
  arrived_.notify_one();
}

Message Inbox::next() {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait_for(lock, kDeadline, [&] { return !messages_.empty(); }))
    throw std::runtime_error("no message came");
  Message message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

namespace {

// A client with a will that ends without a word. Paho always says goodbye, unless its process is gone.
int vanish(int argument_count, char** arguments) {
  if (argument_count != 6) return 2;
  const Message will{.topic = arguments[4], .payload = "gone", .qos = std::stoi(arguments[5])};
  const auto client = connect({.port = static_cast<std::uint16_t>(std::stoi(arguments[2])),
                               .version = std::stoi(arguments[3]),
                               .id = "vanishing",
                               .will = &will});
  _exit(0);
}

/// Publisher's version, subscriber's version.
class Paho : public ::testing::TestWithParam<std::tuple<int, int>> {
 protected:
  std::unique_ptr<Client> publisher() {
    return connect({.port = broker_.port(), .version = publisher_version(), .id = "publisher"});
  }
  std::unique_ptr<Client> subscriber() {
    return connect({.port = broker_.port(), .version = subscriber_version(), .id = "subscriber"});
  }
  static int publisher_version() { return std::get<0>(GetParam()); }
  static int subscriber_version() { return std::get<1>(GetParam()); }
  static bool both_modern() { return publisher_version() == 5 && subscriber_version() == 5; }

  Broker broker_;
};

TEST_P(Paho, ExchangesEveryQos) {
  const auto receiving = subscriber();
  const auto sending = publisher();
  EXPECT_EQ(receiving->subscribe("exchange/#", 2), 2);

  for (const int qos : {0, 1, 2}) {
    const Message message{
        .topic = "exchange/" + std::to_string(qos), .payload = std::string("\0\x7f\xff bytes", 9), .qos = qos};
    sending->publish(message);
    EXPECT_EQ(receiving->next(), message);
  }
  sending->disconnect();
  receiving->disconnect();
}

TEST_P(Paho, KeepsTheOrderOfAStream) {
  const auto receiving = subscriber();
  const auto sending = publisher();
  receiving->subscribe("stream", 2);

  for (const int qos : {0, 1, 2}) {
    for (int i = 0; i < 5; ++i) sending->publish({.topic = "stream", .payload = std::to_string(i), .qos = qos});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(receiving->next().payload, std::to_string(i)) << "QoS " << qos;
  }
}

TEST_P(Paho, RetainedMessagesMeetLaterSubscribers) {
  const auto sending = publisher();
  sending->publish({.topic = "retained/a", .payload = "old", .qos = 1, .retained = true});
  sending->publish({.topic = "retained/a", .payload = "new", .qos = 1, .retained = true});
  const auto receiving = subscriber();
  receiving->subscribe("retained/#", 1);
  EXPECT_EQ(receiving->next(), (Message{.topic = "retained/a", .payload = "new", .qos = 1, .retained = true}));

  sending->publish({.topic = "retained/a", .payload = "", .qos = 1, .retained = true});
  EXPECT_EQ(receiving->next(), (Message{.topic = "retained/a", .payload = "", .qos = 1}));
  receiving->unsubscribe("retained/#");
  receiving->subscribe("retained/#", 1);
  sending->publish({.topic = "retained/a", .payload = "live", .qos = 1});
  EXPECT_EQ(receiving->next().payload, "live");
}

TEST_P(Paho, AVanishedClientsWillIsPublished) {
  const auto receiving = subscriber();
  receiving->subscribe("wills/#", 2);
  for (const int qos : {0, 1, 2}) {
    const auto topic = "wills/" + std::to_string(qos);
    ChildProcess vanishing({"/proc/self/exe", "--vanish", std::to_string(broker_.port()),
                            std::to_string(publisher_version()), topic, std::to_string(qos)});
    EXPECT_EQ(receiving->next(), (Message{.topic = topic, .payload = "gone", .qos = qos}));
    EXPECT_EQ(vanishing.wait(kDeadline), 0) << vanishing.output();
  }
}

TEST_P(Paho, APoliteClientsWillIsNot) {
  const auto receiving = subscriber();
  receiving->subscribe("wills/#", 2);
  const Message will{.topic = "wills/polite", .payload = "gone", .qos = 1};
  connect({.port = broker_.port(), .version = publisher_version(), .id = "polite", .will = &will})->disconnect();

  publisher()->publish({.topic = "wills/none", .payload = "live", .qos = 1});
  EXPECT_EQ(receiving->next().payload, "live");
}

TEST_P(Paho, ASessionKeepsWhatCameMeanwhile) {
  const ConnectOptions lasting{.port = broker_.port(),
                               .version = subscriber_version(),
                               .id = "lasting",
                               .clean = false,
                               .session_expiry_s = 3600};
  {
    const auto first = connect(lasting);
    EXPECT_FALSE(first->session_present());
    first->subscribe("session", 2);
    first->disconnect();
  }
  const auto sending = publisher();
  for (const int qos : {1, 2}) sending->publish({.topic = "session", .payload = std::to_string(qos), .qos = qos});

  const auto resumed = connect(lasting);
  // MQTT 3.1 cannot say so, and for MQTT 5 this Paho does not.
  if (subscriber_version() == 4) {
    EXPECT_TRUE(resumed->session_present());
  }
  for (const int qos : {1, 2}) {
    EXPECT_EQ(resumed->next(), (Message{.topic = "session", .payload = std::to_string(qos), .qos = qos}));
  }
}

TEST_P(Paho, UserPropertiesKeepTheirOrder) {
  const auto receiving = subscriber();
  receiving->subscribe("properties", 1);
  Message message{
      .topic = "properties", .payload = "x", .qos = 1, .user_properties = {{"a", "1"}, {"b", "2"}, {"a", "3"}}};
  publisher()->publish(message);
  // Whoever speaks an older version neither says nor hears them.
  if (!both_modern()) message.user_properties.clear();
  EXPECT_EQ(receiving->next(), message);
}

std::string pair_name(const ::testing::TestParamInfo<std::tuple<int, int>>& pair) {
  return "v" + std::to_string(std::get<0>(pair.param)) + "_to_v" + std::to_string(std::get<1>(pair.param));
}

// MQTT 3.1 is there for old devices; that it meets the others is enough.
INSTANTIATE_TEST_SUITE_P(Today, Paho, ::testing::Combine(::testing::Values(4, 5), ::testing::Values(4, 5)), pair_name);
INSTANTIATE_TEST_SUITE_P(Oldest, Paho, ::testing::Values(std::tuple(3, 5), std::tuple(4, 3)), pair_name);

}  // namespace
}  // namespace trellis::testing::paho

int main(int argument_count, char** arguments) {
  using namespace trellis::testing::paho;
  if (argument_count > 1 && std::string(arguments[1]) == "--vanish") return vanish(argument_count, arguments);
  ::testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
