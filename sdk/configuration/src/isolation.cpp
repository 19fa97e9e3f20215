#include "isolation.hpp"

#include <fmt/format.h>
#include <trellis/abi/plugin.h>

#include <trellis/isolation/isolation.hpp>
#include <trellis/schema/descriptor.hpp>

namespace trellis::configuration {
namespace {

hosting::BreakerSettings read_breaker(const Json::Value& entry) {
  const auto number = [&](const char* key, std::uint64_t usual) {
    return entry.isMember(key) ? entry[key].asUInt64() : usual;
  };
  hosting::BreakerSettings breaker;
  breaker.slower_than_ns = number("slower_than", 0) * 1'000'000;
  breaker.calls = static_cast<std::uint32_t>(number("calls", 5));
  breaker.within_ms = number("within", 10'000);
  breaker.pause_ms = number("pause", 30'000);
  breaker.isolate = entry.get("then", "bypass").asString() == "isolate";
  return breaker;
}

// Why a plugin of that kind may not have these keys, and the key; or null.
const char* misplaced(const Json::Value& entry, bool process, bool breaker, bool isolates, std::string& why) {
  if (!process && !breaker && entry.isMember("fallback")) {
    why = R"(this is for plugins with "isolation": "process" or a "breaker")";
    return "fallback";
  }
  for (const char* const key : {"deadline", "restart_pause"}) {
    if (process || isolates || !entry.isMember(key)) continue;
    why = R"(this is for plugins with "isolation": "process")";
    return key;
  }
  return nullptr;
}

// The number of the fallback that is chosen, or 0 and why not.
std::uint32_t read_fallback(const std::string& chosen, std::uint32_t kind, std::string& why) {
  const auto choices = isolation::fallbacks(kind);
  if (choices.empty()) {
    why = fmt::format("a {} has no choice: what it does not do is tried again or refused", schema::kind_name(kind));
    return 0;
  }
  why = fmt::format("in place of this {} \"{}\" or \"{}\" can be answered, not \"{}\"", schema::kind_name(kind),
                    choices[0], choices[1], chosen);
  return isolation::fallback(kind, chosen);
}

}  // namespace

std::optional<hosting::Isolation> read_isolation(const Json::Value& entry, std::uint32_t kind, bool isolated,
                                                 const WrongKey& wrong) {
  const auto refuse = [&](const char* key, const std::string& why) {
    wrong(key, why);
    return std::nullopt;
  };
  auto settings = isolation::process_of_its_own(kind);
  const bool process = entry.get("isolation", "none").asString() == "process";
  const bool breaker = entry.isMember("breaker");
  if (settings.entry == nullptr && (process || breaker)) {
    return refuse(process ? "isolation" : "breaker",
                  fmt::format("a {} is too much a part of the broker to {}", schema::kind_name(kind),
                              process ? "have a process of its own" : "be left alone"));
  }
  if (breaker && kind == TRELLIS_KIND_LAYER) return refuse("breaker", "connections cannot do without their layers");
  if (breaker) settings.breaker = read_breaker(entry["breaker"]);
  std::string why;
  if (const char* const key = misplaced(entry, process, breaker, settings.breaker.isolate, why))
    return refuse(key, why);
  if (entry.isMember("fallback")) {
    settings.fallback = read_fallback(entry["fallback"].asString(), kind, why);
    if (settings.fallback == 0) return refuse("fallback", why);
  }
  if (entry.isMember("deadline")) settings.deadline_ms = entry["deadline"].asUInt64();
  if (entry.isMember("restart_pause")) settings.restart_pause_ms = entry["restart_pause"].asUInt64();
  if (!process && !isolated) settings.leave_in_this_process();
  return settings;
}

}  // namespace trellis::configuration
