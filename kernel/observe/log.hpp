// Structured log: one sentence and fields per line, as text for people or JSON for machines.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace trellis::kernel::log {

enum class Level : std::uint8_t { trace = 1, debug, info, warn, error, off };

struct Field {
  std::string_view name;
  std::string_view value;
};

struct Settings {
  Level level = Level::info;
  bool json = false;
};

/// Starts the writer thread; before that lines are written at once. [control]
void start(const Settings& settings);
/// Writes what is pending and stops the writer thread. [control]
void stop();
/// Changes the level of everything, or of one component (a plugin instance or a room of the kernel). [any]
void set_level(Level level);
void set_level(std::string_view component, Level level);
void clear_component_levels();

bool parse_level(std::string_view text, Level& level) noexcept;

/// Whether a line would be written; ask before formatting. [any]
bool enabled(std::string_view component, Level level) noexcept;
/// Never blocks: when the writer cannot follow, the oldest pending lines are dropped and counted. [any]
void write(std::string_view component, Level level, std::string_view text, const Field* fields = nullptr,
           std::size_t count = 0);

inline void write(std::string_view component, Level level, std::string_view text, std::initializer_list<Field> fields) {
  write(component, level, text, fields.begin(), fields.size());
}
inline void info(std::string_view component, std::string_view text, std::initializer_list<Field> fields = {}) {
  write(component, Level::info, text, fields);
}
inline void warn(std::string_view component, std::string_view text, std::initializer_list<Field> fields = {}) {
  write(component, Level::warn, text, fields);
}
inline void error(std::string_view component, std::string_view text, std::initializer_list<Field> fields = {}) {
  write(component, Level::error, text, fields);
}

/// For what may happen with every message: lets one line in ten seconds through. One per place and shard.
class Seldom {
 public:
  static constexpr std::uint64_t kPauseMs = 10'000;
  /// Whether to write one now; if not, it is counted.
  bool due(std::uint64_t now_ms) noexcept {
    const bool due = !written_ || now_ms - last_ms_ >= kPauseMs;
    if (due) last_ms_ = now_ms;
    written_ = true;
    skipped_ += due ? 0 : 1;
    return due;
  }
  /// How many were not written since this was asked last.
  std::uint64_t take_skipped() noexcept { return std::exchange(skipped_, 0); }

 private:
  bool written_ = false;
  std::uint64_t last_ms_ = 0;
  std::uint64_t skipped_ = 0;
};

/// Lines lost because the writer could not follow, since this was asked last. [one thread]
std::uint64_t take_dropped_lines() noexcept;

/// Text as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace trellis::kernel::log
