// Requests as tests write them.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/events/intake.hpp"

namespace events {

/// Headers with an owner.
class Headers {
 public:
  Headers(std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
    for (const auto& [name, value] : headers) pairs_.push_back({trellis::view(name), trellis::view(value)});
  }
  operator trellis::Pairs() const { return {pairs_.data(), pairs_.size()}; }

 private:
  std::vector<trellis_pair> pairs_;
};

inline const Headers kOne{{"content-type", "application/cloudevents+json; charset=utf-8"}};
inline const Headers kMany{{"content-type", "application/cloudevents-batch+json; charset=utf-8"}};

/// An event with these members besides the required ones: R"("time": null)".
inline std::string event_with(std::string_view members) {
  return R"({"specversion":"1.0","id":"7","source":"/s","type":"t",)" + std::string(members) + '}';
}

/// The problem with that request; empty where it is accepted.
inline std::string refusal(Intake& intake, trellis::Pairs headers, std::string_view body) {
  const Problem* const problem = intake.read(headers, body);
  EXPECT_EQ(problem != nullptr && !intake.events().empty(), false) << "all or none";
  return problem == nullptr ? std::string() : problem->message;
}
inline std::string refusal(trellis::Pairs headers, std::string_view body, IntakeRules rules = {}) {
  Intake intake(rules);
  return refusal(intake, headers, body);
}

inline std::string attribute(const Event& event, std::string_view name) {
  return std::string(event.attributes.find(name));
}

}  // namespace events
