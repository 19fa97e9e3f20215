#include "support/crash_ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace trellis::testing {

std::uint64_t Ledger::add(const std::string& topic, std::uint8_t qos, bool clears) {
  const std::uint64_t number = messages_.size() + 1;
  messages_[number] = {.topic = topic, .qos = qos, .clears = clears, .round = round_};
  return number;
}

void RetainedLedger::sent(const std::string& topic, std::uint64_t number, bool clears) {
  topics_[topic].changes[number] = clears;
}

void RetainedLedger::acknowledged(const std::string& name, std::uint64_t number) {
  Topic& topic = topics_[name];
  topic.last = std::max(topic.last, number);
  topic.changes.erase(topic.changes.begin(), topic.changes.lower_bound(topic.last));
}

void RetainedLedger::check(const std::map<std::string, std::uint64_t>& found) {
  for (auto& [name, topic] : topics_) {
    const auto there = found.find(name);
    auto now = topic.changes.end();
    if (there != found.end()) {
      now = topic.changes.find(there->second);
      EXPECT_TRUE(now != topic.changes.end() && !now->second)
          << name << " retains " << there->second << " and was acknowledged " << topic.last;
    } else {
      now = std::find_if(topic.changes.begin(), topic.changes.end(), [](const auto& change) { return change.second; });
      EXPECT_TRUE(now != topic.changes.end() || topic.last == 0)
          << name << " retains nothing and was acknowledged " << topic.last;
    }
    // What was not answered by the process before does not come any more.
    if (now == topic.changes.end()) continue;
    topic.last = now->first;
    topic.changes = {*now};
  }
  for (const auto& [name, number] : found) EXPECT_TRUE(topics_.contains(name)) << name << " retains " << number;
}

}  // namespace trellis::testing
