// What a script decided about a message.
#pragma once

#include <cstdint>
#include <lua.hpp>
#include <optional>
#include <string_view>
#include <trellis/message.hpp>
#include <utility>
#include <vector>

#include "subject.hpp"

namespace lua {

/// One message that goes on, as far as it differs from the one that came in. Texts live in the Lua state until its
/// next call.
struct Target {
  std::optional<std::string_view> topic;
  std::optional<std::string_view> payload;
  std::optional<unsigned> qos;
  std::optional<bool> retain;
  // Of these a null view takes away what was there.
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> response_topic;
  std::optional<std::string_view> correlation_data;
  std::optional<std::int64_t> expiry_s;  // below 0: none
  // By name; a null value takes all of that name away.
  std::vector<std::pair<std::string_view, std::string_view>> user_properties;

  /// Nothing but the topic is said.
  bool only_topic() const noexcept {
    return topic && !payload && !qos && !retain && !content_type && !response_topic && !correlation_data && !expiry_s &&
           user_properties.empty();
  }
};

struct Outcome {
  static constexpr std::size_t kMostTargets = 64;

  enum class Kind : std::uint8_t { pass, drop, targets };
  Kind kind = Kind::pass;
  std::string_view reason;      // of a drop
  std::vector<Target> targets;  // the first in place of the message, the others behind it
};

/// The message as a target has it. Borrows from both.
trellis::Publication compose(trellis::Message message, const Target& target, std::int64_t now_ms);

/// Reads what on_publish and on_deliver answer. The outcome is valid until the script's next call.
class OutcomeReader final : public Reader {
 public:
  const Outcome& outcome() const noexcept { return outcome_; }
  bool take(lua_State* state, int at) noexcept override;
  void read(lua_State* state) override;

 private:
  Outcome outcome_;
};

/// Reads a table of a message's fields at that index of the stack; `whose` begins what is said of a wrong one.
/// may_have: a further field, which is not read.
void read_target(lua_State* state, int table, const char* whose, Target& target, std::string_view may_have = {});

}  // namespace lua
