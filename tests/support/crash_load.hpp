// What a broker acknowledges until it is gone, and what of that it has when it is back.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/broker.hpp"

namespace trellis::testing {

/// What is there of each name: numbers of items, one as often as it was given.
using Found = std::map<std::string, std::vector<std::uint64_t>>;

/// Added up over rounds.
struct Loss {
  std::uint64_t rounds = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t missing = 0;            // acknowledged, and not there after the start
  std::uint64_t duplicates = 0;         // there more than once
  std::uint64_t invented = 0;           // there and never sent
  std::string example{};                // the first that is missing
  std::chrono::milliseconds oldest{0};  // of the missing: from its acknowledgement to the fault

  void add(const Loss& round);
};

/// The items of some rounds. Each has a name of a few and a number that is new. Any thread may call.
class Acknowledged {
 public:
  using Clock = std::chrono::steady_clock;

  /// Forgets what was acknowledged, not the numbers.
  void begin_round();
  /// The number of an item that is going to be sent.
  std::uint64_t next(const std::string& name);
  void acknowledge(const std::string& name, std::uint64_t number);
  /// Somebody was told that something cannot be kept, or was cut off.
  void refuse();
  /// Returns once so many were acknowledged or refused in this round, or after a time. Whether they were.
  bool wait(std::uint64_t acknowledged, std::chrono::milliseconds patience);
  bool wait_for_refusals(std::uint64_t refused, std::chrono::milliseconds patience);
  /// Nobody needs more.
  void stop();
  bool stopped() const;

  /// replaces: an item is there as long as a newer one of its name is.
  Loss compare(const Found& found, bool replaces, Clock::time_point fault) const;

 private:
  struct Item {
    std::uint64_t number;
    Clock::time_point at;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::uint64_t> numbers_;
  std::map<std::string, std::vector<Item>> items_;
  std::uint64_t count_ = 0;
  std::uint64_t refused_ = 0;
  bool stopped_ = false;
};

struct Ports {
  std::uint16_t mqtt = 0;
  std::uint16_t web = 0;
};

/// A kind of data that a broker acknowledges. Another one is another entry of data_kinds().
struct DataKind {
  std::string name;
  std::vector<std::string> levels;  // that an administrator may choose
  bool replaces = false;            // see Acknowledged::compare()
  /// Has items kept until the broker is gone or nobody needs more; `writer` makes names of its own.
  std::function<void(const Ports& ports, unsigned writer, Acknowledged& items)> write;
  std::function<Found(const Ports& ports)> read;
};
const std::vector<DataKind>& data_kinds();
const DataKind& data_kind(const std::string& name);

/// A broker with a faulty store and everything data kinds need: retained messages are kept at that level.
std::string crash_config(const std::string& level, const std::string& store_config = "");
Ports ports_of(const Broker& broker);

/// Threads that write one kind until they are joined.
class Writers {
 public:
  Writers(const DataKind& kind, const Broker& broker, Acknowledged& items, unsigned count = 2);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  /// The broker is gone: waits until all have seen it.
  void join();

 private:
  Acknowledged& items_;
  std::vector<std::thread> threads_;
};

}  // namespace trellis::testing
