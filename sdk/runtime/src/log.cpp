#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <trellis/runtime/log.hpp>
#include <trellis/schema/quoted.hpp>

namespace trellis::runtime::log {
namespace {

constexpr std::size_t kPendingLines = 1024;

/// A line that may come with every message.
struct Repeated {
  std::chrono::steady_clock::time_point written;
  std::uint64_t not_written = 0;
};

struct State {
  std::atomic<Level> level{Level::info};
  std::atomic<bool> json{false};
  std::atomic<bool> components{false};  // whether any component has a level of its own
  std::shared_mutex mutex;              // guards levels; lines are rare, the message path writes none
  std::map<std::string, Level, std::less<>> levels;
  std::mutex seldom_mutex;  // guards repeated
  std::map<std::string, Repeated> repeated;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::uint64_t told_dropped = 0;  // lines, of the pool's
  std::shared_ptr<spdlog::logger> logger;
};

// Writes to standard error, through whatever the further arguments say.
template <typename Logger, typename... Arguments>
std::shared_ptr<spdlog::logger> make_logger(Arguments&&... arguments) {
  auto logger = std::make_shared<Logger>("trellis", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                         std::forward<Arguments>(arguments)...);
  logger->set_level(spdlog::level::trace);
  logger->set_pattern("%v");
  return logger;
}

State& state() {
  static State* const instance = [] {
    auto* made = new State;  // never destroyed: plugin threads may log until the very end
    made->logger = make_logger<spdlog::logger>();
    return made;
  }();
  return *instance;
}

constexpr std::string_view kNames[] = {"?", "trace", "debug", "info", "warn", "error", "off"};

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

// Or bytes that a terminal may take for some.
bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }) || !schema::is_utf8(text);
}

// A field's value for people: quoted where a space, quote or control character would blur it.
std::string text_value(std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos && !has_controls(value);
  return plain ? std::string(value) : schema::quoted(value);
}

// A sentence may quote what a client sent: control characters must not reach the terminal.
std::string printable(std::string_view text) {
  return has_controls(text) ? fmt::format("{:?}", text) : std::string(text);
}

}  // namespace

void set(const Settings& settings) {
  State& s = state();
  const std::unique_lock lock(s.mutex);
  s.level = settings.level;
  s.json = settings.json;
  s.levels = settings.levels;
  s.components = !settings.levels.empty();
}

void start(const Settings& settings) {
  set(settings);
  State& s = state();
  s.pool = std::make_shared<spdlog::details::thread_pool>(kPendingLines, 1);
  s.told_dropped = 0;
  std::atomic_store(&s.logger,
                    make_logger<spdlog::async_logger>(s.pool, spdlog::async_overflow_policy::overrun_oldest));
}

void stop() {
  State& s = state();
  const auto queued = std::atomic_exchange(&s.logger, make_logger<spdlog::logger>());
  s.pool.reset();  // joins the writer after it wrote what was pending; the logger it used outlives it
}

bool parse_level(std::string_view text, Level& level) noexcept {
  for (std::size_t i = 1; i < std::size(kNames); ++i) {
    if (kNames[i] == text) {
      level = static_cast<Level>(i);
      return true;
    }
  }
  return false;
}

bool enabled(std::string_view component, Level level) noexcept {
  State& s = state();
  if (s.components.load(std::memory_order_relaxed)) {
    const std::shared_lock lock(s.mutex);
    if (const auto found = s.levels.find(component); found != s.levels.end()) return level >= found->second;
  }
  return level >= s.level.load(std::memory_order_relaxed);
}

void write(std::string_view component, Level level, std::string_view text, const Field* fields, std::size_t count) {
  if (!enabled(component, level)) return;
  State& s = state();
  std::string line;
  const auto name = kNames[static_cast<std::size_t>(level)];
  if (s.json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","component":{},"message":{})", timestamp(), name,
                       schema::quoted(component), schema::quoted(text));
    for (std::size_t i = 0; i < count; ++i) {
      line += fmt::format(",{}:{}", schema::quoted(fields[i].name), schema::quoted(fields[i].value));
    }
    line += '}';
  } else {
    line = fmt::format("{} {:<5} {}: {}", timestamp(), name, component, printable(text));
    for (std::size_t i = 0; i < count; ++i) line += fmt::format(" {}={}", fields[i].name, text_value(fields[i].value));
  }
  std::atomic_load(&s.logger)->info(line);
}

void seldom(std::string_view component, Level level, std::string_view text, std::initializer_list<Field> fields,
            std::chrono::steady_clock::time_point now) {
  constexpr std::chrono::seconds kPause(10);
  std::vector<Field> all(fields);
  std::string not_logged;
  {
    const std::lock_guard lock(state().seldom_mutex);
    const auto [found, first] = state().repeated.try_emplace(fmt::format("{} {}", text, all.at(0).value));
    Repeated& line = found->second;
    if (!first && now - line.written < kPause) {
      ++line.not_written;
      return;
    }
    line.written = now;
    not_logged = std::to_string(std::exchange(line.not_written, 0));
  }
  if (not_logged != "0") all.push_back({"not_logged", not_logged});
  write(component, level, text, all.data(), all.size());
}

std::uint64_t take_dropped_lines() noexcept {
  State& s = state();
  const std::uint64_t lines = s.pool ? s.pool->overrun_counter() : 0;
  return lines - std::exchange(s.told_dropped, lines);
}

}  // namespace trellis::runtime::log
