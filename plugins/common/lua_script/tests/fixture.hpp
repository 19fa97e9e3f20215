// Scripts and messages for tests.
#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <trellis/message.hpp>
#include <trellis/view.hpp>
#include <utility>
#include <vector>

#include "common/lua_script/local_services.hpp"
#include "common/lua_script/outcome.hpp"
#include "common/lua_script/runner.hpp"

namespace lua::testing {

// How many times longer instrumented code may take.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlowness = 10;
#else
constexpr int kSlowness = 1;
#endif

/// For what is to end by itself.
inline const Limits kPatient{.budget = kSlowness * Limits().budget};

struct Facts {
  std::string topic = "a/b";
  std::string payload = "21";
  unsigned qos = 0;
  std::vector<std::pair<std::string, std::string>> user_properties = {};
};

/// A message as the kernel hands it over.
class Sample {
 public:
  explicit Sample(Facts facts) : facts_(std::move(facts)) {
    for (const auto& [name, value] : facts_.user_properties)
      pairs_.push_back({trellis::view(name), trellis::view(value)});
    raw_.struct_size = sizeof raw_;
    raw_.topic = trellis::view(facts_.topic);
    raw_.payload = trellis::view(facts_.payload);
    raw_.qos = facts_.qos;
    raw_.user_properties = pairs_.data();
    raw_.user_property_count = static_cast<std::uint32_t>(pairs_.size());
    raw_.publisher = trellis::view("sensor-7");
    raw_.publisher_identity = trellis::view("ada");
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
  operator trellis::Message() const { return {&raw_}; }
  trellis_message& raw() { return raw_; }
  Subject subject() const {
    return {.name_space = "default", .message = &raw_, .client_id = "sensor-7", .client_name = "ada"};
  }

 private:
  Facts facts_;
  std::vector<trellis_pair> pairs_;
  trellis_message raw_{};
};

/// A script in a state of its own.
class Script {
 public:
  explicit Script(const std::string& text, const Limits& limits = {}) {
    auto loaded = Runner::load({"rule.lua", text}, limits, services, 1);
    if (loaded) {
      runner = std::move(loaded).value();
    } else {
      refusal = loaded.error().text;
    }
  }
  /// With on_publish around the text.
  static Script body(const std::string& text, const Limits& limits = {}) {
    return Script("function on_publish(message, client)\n" + text + "\nend", limits);
  }
  const Outcome& call(const Facts& facts = {}, Hook hook = Hook::publish) {
    const Sample sample(facts);
    return call(sample, hook);
  }
  const Outcome& call(const Sample& sample, Hook hook = Hook::publish) {
    failed = !runner->call(hook, sample.subject(), reader);
    return reader.outcome();
  }
  /// What the body answers as reason of a drop, or the error.
  std::string answer(const Facts& facts = {}) {
    const Outcome& outcome = call(facts);
    return failed ? runner->error() : std::string(outcome.reason);
  }

  LocalServices services;
  std::unique_ptr<Runner> runner;
  OutcomeReader reader;
  bool failed = false;
  std::string refusal;
};

/// What an expression gives, as text.
inline std::string value(const std::string& expression, const Facts& facts = {}) {
  Script script("function on_publish(message, client) return false, tostring(" + expression + ") end", kPatient);
  return script.runner == nullptr ? script.refusal : script.answer(facts);
}

/// CPU time of this thread.
inline double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace lua::testing
