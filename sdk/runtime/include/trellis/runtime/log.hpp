// Structured log: one sentence and fields per line, as text for people or JSON for machines.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace trellis::runtime::log {

enum class Level : std::uint8_t { trace = 1, debug, info, warn, error, off };

struct Field {
  std::string_view name;
  std::string_view value;
};

struct Settings {
  Level level = Level::info;
  bool json = false;
  std::map<std::string, Level, std::less<>> levels = {};  // of components: plugin instances, rooms of the kernel
};

/// Starts the writer thread; before that lines are written at once. [control]
void start(const Settings& settings);
/// Writes what is pending and stops the writer thread. [control]
void stop();
/// Changes levels and format. [any]
void set(const Settings& settings);

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

}  // namespace trellis::runtime::log
