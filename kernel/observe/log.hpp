// Structured log: one sentence and fields per line, as text for people or JSON for machines.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

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

/// For what may happen with every message: of lines that say the same of the same (their first field) one in ten
/// seconds is written, with the number of those before it that were not. [any]
void seldom(std::string_view component, Level level, std::string_view text, std::initializer_list<Field> fields,
            std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

/// Lines lost because the writer could not follow, since this was asked last. [one thread]
std::uint64_t take_dropped_lines() noexcept;

/// Text as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace trellis::kernel::log
