// What functions answer that are not asked about a message that goes on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "subject.hpp"

namespace lua {

/// Unix time in seconds of the end of the year 9999: what is later would not fit into milliseconds at some point.
inline constexpr double kEndOfTime = 253'402'300'800.0;

/// Raises that the answer at 1 is none of those the hook may give.
[[noreturn]] void refuse_answer(lua_State* state);

/// Of what may be answered by anybody: yes, no with a reason, and nothing.
class VerdictReader final : public Reader {
 public:
  enum class Verdict : std::uint8_t { none, yes, no };

  Verdict verdict() const noexcept { return verdict_; }
  const std::string& reason() const noexcept { return reason_; }
  bool take(lua_State* state, int at) noexcept override;
  void read(lua_State* state) override { refuse_answer(state); }

 private:
  Verdict verdict_ = Verdict::none;
  std::string reason_;
};

/// Whatever is answered means nothing.
class NothingReader final : public Reader {
 public:
  bool take(lua_State*, int) noexcept override { return true; }
  void read(lua_State*) override {}
};

/// Of on_connect: a verdict, or limits.
class AdmissionReader final : public Reader {
 public:
  bool refused() const noexcept { return verdict_.verdict() == VerdictReader::Verdict::no; }
  const std::string& reason() const noexcept { return verdict_.reason(); }
  /// All 0 where it has none.
  const trellis_client_limits& limits() const noexcept { return limits_; }
  bool take(lua_State* state, int at) noexcept override;
  void read(lua_State* state) override;

 private:
  VerdictReader verdict_;
  trellis_client_limits limits_{};
};

/// Of on_authenticate: who the client is.
class GrantReader final : public Reader {
 public:
  static constexpr std::size_t kMostNameBytes = 512;
  static constexpr std::size_t kMostAttributeBytes = 4096;  // names and values together

  enum class Kind : std::uint8_t { defer, deny, allow };
  Kind kind() const noexcept { return kind_; }
  const std::string& reason() const noexcept { return reason_; }
  const std::string& name() const noexcept { return name_; }
  const std::vector<std::pair<std::string, std::string>>& attributes() const noexcept { return attributes_; }
  /// Whether there was a table of them, empty or not: then those are all it has.
  bool has_attributes() const noexcept { return has_attributes_; }
  std::int64_t expires_ms() const noexcept { return expires_ms_; }
  bool take(lua_State* state, int at) noexcept override;
  void read(lua_State* state) override;

 private:
  void read_attributes(lua_State* state);

  Kind kind_ = Kind::defer;
  std::string reason_;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> attributes_;  // values are JSON
  bool has_attributes_ = false;
  std::int64_t expires_ms_ = 0;
};

}  // namespace lua
