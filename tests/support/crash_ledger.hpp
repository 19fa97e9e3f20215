// What publishers of a crash test sent and were told, and so what has to be there afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace trellis::testing {

/// The messages of one test. Each has a number of its own, which is its payload.
class Ledger {
 public:
  struct Message {
    std::string topic;
    std::uint8_t qos = 0;
    bool clears = false;  // without a payload, so that nobody knows it again
    unsigned sent = 0;    // how often
    bool acknowledged = false;
    std::uint64_t round = 0;  // in which it was first sent

    /// Whether the broker has to take it for one message.
    bool once() const { return qos == 2 || sent <= 1; }
  };

  /// The number of a message that is going to be sent.
  std::uint64_t add(const std::string& topic, std::uint8_t qos, bool clears);
  void begin_round(std::uint64_t round) { round_ = round; }
  Message& at(std::uint64_t number) { return messages_.at(number); }
  /// By number.
  const std::map<std::uint64_t, Message>& all() const { return messages_; }

 private:
  std::map<std::uint64_t, Message> messages_;
  std::uint64_t round_ = 0;
};

/// What retained messages may be there: of each topic the last acknowledged or a later one.
class RetainedLedger {
 public:
  void sent(const std::string& topic, std::uint64_t number, bool clears);
  void acknowledged(const std::string& topic, std::uint64_t number);
  /// By topic what was found; where nothing was, the topic is missing. What was there once stays so.
  void check(const std::map<std::string, std::uint64_t>& found);

 private:
  struct Topic {
    std::map<std::uint64_t, bool> changes{};  // from `last` on: whether they clear
    std::uint64_t last = 0;                   // acknowledged or found
  };
  std::map<std::string, Topic> topics_;
};

}  // namespace trellis::testing
