// Clients that go on with their sessions through takeovers and crashes of the broker, and judge all they are told.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/crash_ledger.hpp"
#include "support/raw_client.hpp"

namespace trellis::testing {

/// One session and the connection it has, if any.
class CrashClient {
 public:
  enum class Leave { politely, close, reset };

  CrashClient(std::string name, Version version, bool keeps = true)
      : name_(std::move(name)), version_(version), keeps_(keeps) {}
  virtual ~CrashClient() = default;
  CrashClient(const CrashClient&) = delete;
  CrashClient& operator=(const CrashClient&) = delete;

  const std::string& name() const { return name_; }
  bool here() const { return client_.has_value(); }
  /// Connects; a session that was there has to be there.
  void come(std::uint16_t port);
  /// A second connection comes while the first is in the middle of something, and goes on. Of what the first was told
  /// all counts, or nothing after what it has read.
  void take_over(std::uint16_t port, bool reads_the_rest);
  /// The same, and the broker may be gone before it answers.
  void begin_to_take_over(std::uint16_t port);
  void leave(Leave how);
  /// The broker is gone: what it could still say counts.
  void lose();
  /// Takes all that it was told up to now; answers how much that was.
  std::uint64_t pump();

 protected:
  /// A packet that is no answer to CONNECT.
  virtual void take(const Packet& packet) = 0;
  virtual void resume() {}
  /// The connection has ended.
  virtual void gone() {}
  /// Nothing is sent where the packet came by a connection that is over.
  void answer(PacketType type, std::uint16_t id);
  Packet await(PacketType type);

  std::string name_;
  Version version_;
  bool keeps_;  // a session that outlives the connection
  std::optional<RawClient> client_{};

 private:
  Connect connect() const;
  void began(const Packet& connack);
  void read_to_the_end(RawClient& from);

  std::optional<RawClient> second_{};  // whose CONNECT was not answered
  bool known_ = false;                 // the session is there
  bool answers_ = true;
  std::uint64_t taken_ = 0;  // packets
};

/// Sends messages of QoS 1 and 2 and sends again what was not answered.
class CrashPublisher : public CrashClient {
 public:
  CrashPublisher(std::string name, Version version, Ledger& ledger, RetainedLedger* retained = nullptr)
      : CrashClient(std::move(name), version, retained == nullptr), ledger_(ledger), retained_(retained) {}

  /// Does not wait; false while too much is under way already.
  bool publish(const std::string& topic, std::uint8_t qos, bool clears = false);
  /// Until all is answered.
  void settle();

 protected:
  void take(const Packet& packet) override;
  void resume() override;
  void gone() override;

 private:
  static constexpr std::size_t kWindow = 10;
  struct Sent {
    std::uint64_t number;
    std::uint16_t id;
    bool received = false;  // by the broker: only the release is missing
  };
  void send(const Sent& sent, bool again);

  Ledger& ledger_;
  RetainedLedger* retained_;       // then all it sends is retained, and what was not answered is not sent again
  std::vector<Sent> under_way_{};  // in their order
  std::uint16_t last_id_ = 0;
};

/// What came, by number: how often. Members of a shared subscription have one together.
struct Inbox {
  std::string name;
  std::map<std::uint64_t, unsigned> copies{};
};

/// Subscribes once and receives.
class CrashReceiver : public CrashClient {
 public:
  struct Subscribed {
    std::string prefix;  // of topics
    std::uint8_t qos = 0;
    std::uint32_t identifier = 0;
    std::string group{};
  };

  CrashReceiver(std::string name, Version version, Ledger& ledger, Inbox& inbox, std::vector<Subscribed> subscribed)
      : CrashClient(std::move(name), version), ledger_(ledger), inbox_(inbox), subscribed_(std::move(subscribed)) {}

  /// Makes its subscriptions; a session that was not there yet.
  void subscribe();
  /// Another subscription comes or goes.
  void subscribe_too(const std::string& filter);
  void unsubscribe(const std::string& filter);
  /// Sends so many of the answers that it put off.
  void acknowledge(std::size_t most = SIZE_MAX);
  /// Returns once the store knows what was sent to it up to now.
  void wait_for_store();
  /// The process is another one.
  void next_process();
  /// How many messages came again, at either QoS.
  std::uint64_t repeated() const { return repeated_; }

 protected:
  void take(const Packet& packet) override;
  void gone() override;

 private:
  struct Seen {
    std::uint16_t id = 0;
    std::uint32_t process = 0;
    bool noted = true;  // by the store
  };
  static constexpr std::size_t kWindow = 20;

  void check_subscriptions(const Packet& packet, const Ledger::Message& message) const;
  bool shares() const { return !subscribed_.front().group.empty(); }
  bool knows_again(const Seen& seen) const;
  void take_at_least_once(const Packet& packet, std::uint64_t number);
  void take_exactly_once(const Packet& packet, std::uint64_t number);

  Ledger& ledger_;
  Inbox& inbox_;
  std::vector<Subscribed> subscribed_;
  std::map<std::uint64_t, Seen> seen_{};           // of QoS 1
  std::vector<std::uint64_t> unsure_{};            // of QoS 1: those the store may not have noted yet
  std::set<std::uint64_t> in_this_connection_{};   // of QoS 1
  std::map<std::string, std::uint64_t> newest_{};  // of QoS 2, by topic
  std::map<std::uint16_t, std::uint64_t> half_{};  // of QoS 2: received, not released
  std::deque<std::pair<PacketType, std::uint16_t>> put_off_{};
  std::uint64_t repeated_ = 0;
  std::uint32_t process_ = 0;
};

}  // namespace trellis::testing
