// All kinds of load at once on a broker that is killed again and again: nothing acknowledged is lost.
#include <array>
#include <csignal>
#include <iostream>
#include <memory>
#include <random>

#include "support/crash_clients.hpp"
#include "support/crash_ledger.hpp"
#include "support/environment.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Crash : public SiteTest {
 protected:
  static Site site(unsigned shards) {
    // Files are small, so that all that happens to them happens often.
    return {.shards = shards,
            .plugins = R"("store-journal": {"config": {"path": "store", "segment_size": "64KiB",
                          "checkpoint_size": "64KiB", "rewrite_below": 90}})",
            .root = R"("store": "store-journal")",
            .space = R"("retained": {"durability": "written"}, "sessions": {"durability": "written"})",
            .mqtt = R"("queue_messages": 100000)"};
  }
  void SetUp() override {
    random_.seed(seed_);
    start(site(2));
    for (auto& receiver : receivers_) {
      receiver->come(broker().port());
      receiver->subscribe();
      receiver->leave(CrashClient::Leave::politely);
    }
  }
  void TearDown() override {
    if (HasFailure())
      std::cerr << "TRELLIS_SEED=" << seed_ << ", round " << round_ << ". The broker printed:\n" << broker().output();
    SiteTest::TearDown();
  }

  void run_round() {
    ledger_.begin_round(round_);
    for (auto& publisher : publishers_) publisher->come(broker().port());
    for (auto& receiver : receivers_) {
      if (some(2) == 0) receiver->come(broker().port());
    }
    for (std::uint64_t left = 10 + some(40); left > 0; --left) step();
    for (auto& receiver : receivers_) {
      if (receiver->here()) receiver->wait_for_store();
    }
    expect_account();
    burst();
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(some(4) * some(1000));
    while (std::chrono::steady_clock::now() < until) continue;
    // Now and then sessions come to other shards than they were on.
    if (some(8) == 0) write("trellis.json", site(static_cast<unsigned>(1 + some(3))).config());
    broker().start_again(SIGKILL);
    for (CrashClient* const client : clients()) client->lose();
    for (auto& receiver : receivers_) receiver->next_process();
    expect_account();
    expect_metric("trellis_subscribers", kDefault, kSessions);
    expect_metric("trellis_subscriptions", kDefault, static_cast<double>(kSubscriptions + more_.size()));
    expect_metric("trellis_shared_subscriptions", kDefault, kMembers);
    retained_.check(retained());
  }

  /// Everybody gets what is left for it.
  void finish() {
    for (CrashClient* const client : clients()) client->come(broker().port());
    for (auto& publisher : publishers_) publisher->settle();
    const auto queued = [&] { return metrics().sum("trellis_queue_messages", kDefault); };
    while (queued() != 0) {
      // There may be a lot after many rounds: patience is for a broker that sends nothing.
      if (eventually([&] { return receive_some() || queued() == 0; })) continue;
      ADD_FAILURE() << queued() << " messages wait that nobody gets";
      break;
    }
    expect_account();
  }

  /// What was acknowledged came to everybody once at least; take() judges the rest.
  void expect_all() {
    for (const Inbox& inbox : inboxes_) {
      std::uint64_t missing = 0;
      for (const auto& [number, message] : ledger_.all()) {
        if (!message.acknowledged || message.clears || inbox.copies.contains(number)) continue;
        if (++missing > 10) continue;
        ADD_FAILURE() << inbox.name << " misses " << number << " of QoS " << +message.qos << " to " << message.topic
                      << ", sent in round " << message.round;
      }
      EXPECT_EQ(missing, 0U) << inbox.name;
    }
  }

  std::uint64_t repeated() const {
    std::uint64_t count = 0;
    for (const auto& receiver : receivers_) count += receiver->repeated();
    return count;
  }
  std::uint64_t acknowledged() const {
    std::uint64_t count = 0;
    for (const auto& [number, message] : ledger_.all()) count += message.acknowledged ? 1 : 0;
    return count;
  }

  std::uint64_t seed_ = environment_or("TRELLIS_SEED", std::random_device{}());
  std::uint64_t round_ = 0;

 private:
  static constexpr const char* kDefault = R"(namespace="default")";
  static constexpr int kSessions = 10;  // all but that of the publisher of retained messages
  static constexpr int kSubscriptions = 7;
  static constexpr int kMembers = 2;

  std::uint64_t some(std::uint64_t below) { return random_() % below; }
  template <typename All>
  auto& one_of(All& all) {
    return *all[some(all.size())];
  }

  std::vector<CrashClient*> clients() {
    std::vector<CrashClient*> all;
    for (auto& publisher : publishers_) all.push_back(publisher.get());
    for (auto& receiver : receivers_) all.push_back(receiver.get());
    return all;
  }

  /// Whether anything came.
  bool receive_some() {
    std::uint64_t taken = 0;
    for (int turn = 0; turn < 50; ++turn) {
      for (auto& receiver : receivers_) {
        taken += receiver->pump();
        receiver->acknowledge();
      }
    }
    return taken > 0;
  }

  /// Sends until its window is full or as many as that.
  void publish(CrashPublisher& publisher, std::uint64_t most) {
    const bool keeps = &publisher == publishers_.front().get();
    for (bool sent = true; sent && most > 0; --most) {
      const std::string topic = "crash/" + publisher.name() + "/" + std::to_string(some(6));
      sent = publisher.publish(topic, static_cast<std::uint8_t>(1 + some(2)), keeps && some(4) == 0);
    }
  }

  void step() {
    CrashPublisher& publisher = one_of(publishers_);
    CrashReceiver& receiver = one_of(receivers_);
    switch (some(10)) {
      case 0:
        return take_over(publisher);
      case 1:
        return receiver.here() ? take_over(receiver) : receiver.come(broker().port());
      case 2:
        publish(publisher, 5);
        // A clean session ends here, and what is under way in it has no place among what comes by the next one.
        if (&publisher == publishers_.front().get()) publisher.settle();
        leave(publisher);
        return publisher.come(broker().port());
      case 3:
        return receiver.here() ? leave(receiver) : receiver.come(broker().port());
      case 4:
        return receiver.here() ? change_subscriptions(receiver) : receiver.come(broker().port());
      case 5:
      case 6:
      case 7:
        publish(publisher, 10);
        publisher.pump();
        return;
      default:
        if (!receiver.here()) return receiver.come(broker().port());
        receiver.pump();
        receiver.acknowledge(some(10));
    }
  }

  void take_over(CrashClient& client) {
    for (auto& publisher : publishers_) publish(*publisher, some(5));
    client.take_over(broker().port(), some(2) == 0);
  }

  void leave(CrashClient& client) { client.leave(static_cast<CrashClient::Leave>(some(3))); }

  void change_subscriptions(CrashReceiver& receiver) {
    const auto last = more_.find(&receiver);
    if (last != more_.end() && some(2) == 0) {
      receiver.unsubscribe(last->second);
      more_.erase(last);
    } else {
      const std::string filter = "also/" + std::to_string(++also_);
      receiver.subscribe_too(filter);
      more_.emplace(&receiver, filter);
    }
  }

  /// All that the broker is in the middle of when it is killed.
  void burst() {
    for (auto& publisher : publishers_) publish(*publisher, 10);
    for (auto& receiver : receivers_) {
      if (receiver->here()) receiver->acknowledge(some(10));
    }
    for (CrashClient* const client : clients()) {
      if (client->here() && some(6) == 0) client->begin_to_take_over(broker().port());
    }
  }

  /// matched = delivered + queued + expired + dead-lettered + dropped, as soon as nothing moves.
  void expect_account() {
    EXPECT_TRUE(eventually([&] { return metrics().unaccounted(kDefault) == 0; }))
        << http_get(broker().port("admin"), "/metrics").body;
  }

  std::map<std::string, std::uint64_t> retained() {
    RawClient client = connected();
    client.subscribe({{.filter = "end"}});
    client.subscribe({{.filter = "crash/#"}});
    client.send_publish({.topic = "end", .payload = "end"});
    std::map<std::string, std::uint64_t> found;
    while (true) {
      const Packet packet = client.expect(PacketType::publish);
      if (packet.topic == "end") return found;
      EXPECT_TRUE(packet.retain) << packet.describe();
      found[packet.topic] = std::stoull(packet.payload);
    }
  }

  std::unique_ptr<CrashReceiver> receiver(const std::string& name, Version version, std::size_t inbox,
                                          std::vector<CrashReceiver::Subscribed> subscribed) {
    return std::make_unique<CrashReceiver>(name, version, ledger_, inboxes_[inbox], std::move(subscribed));
  }
  std::unique_ptr<CrashPublisher> publisher(const std::string& name, Version version, RetainedLedger* kept = nullptr) {
    return std::make_unique<CrashPublisher>(name, version, ledger_, kept);
  }

  std::mt19937_64 random_;
  Ledger ledger_;
  RetainedLedger retained_;
  std::array<std::unique_ptr<CrashPublisher>, 5> publishers_{
      publisher("keeper", Version::v5, &retained_), publisher("p1", Version::v5), publisher("p2", Version::v311),
      publisher("p3", Version::v5), publisher("p4", Version::v311)};
  std::array<Inbox, 5> inboxes_{{{"r1"}, {"r2"}, {"r3"}, {"r4"}, {"the group"}}};
  std::array<std::unique_ptr<CrashReceiver>, 6> receivers_{
      receiver("r1", Version::v5, 0, {{"crash/", 2, 7}}),
      receiver("r2", Version::v311, 1, {{"crash/", 1}}),
      receiver("r3", Version::v5, 2, {{"crash/", 1, 3}, {"crash/p1/", 2, 4}}),
      receiver("r4", Version::v311, 3, {{"crash/", 2}}),
      receiver("m1", Version::v5, 4, {{"crash/", 2, 9, "g"}}),
      receiver("m2", Version::v5, 4, {{"crash/", 2, 9, "g"}})};
  std::multimap<CrashReceiver*, std::string> more_;  // subscriptions beside those
  std::uint64_t also_ = 0;
};

TEST_F(Crash, NothingAcknowledgedIsLostAndNothingOfQos2ComesTwice) {
  const std::uint64_t rounds = environment_or("TRELLIS_CRASH_ROUNDS", 50);
  for (; round_ < rounds && !HasFailure(); ++round_) run_round();
  if (HasFailure()) return;
  finish();
  expect_all();
  EXPECT_GT(acknowledged(), 0U);
  EXPECT_GT(repeated(), 0U);
  std::cout << rounds << " crashes, " << acknowledged() << " messages acknowledged, " << repeated()
            << " deliveries repeated\n";
}

}  // namespace
}  // namespace trellis::testing
