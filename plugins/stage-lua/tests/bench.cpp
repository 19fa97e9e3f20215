// What a rule costs per message. Usage: bench_stage_lua [milliseconds per line]
#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/lua_script/local_services.hpp"
#include "common/lua_script/outcome.hpp"
#include "common/lua_script/runner.hpp"

namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<lua::Runner> load(const std::string& body, lua::LocalServices& services) {
  auto loaded =
      lua::Runner::load({"bench.lua", "function on_publish(message, client) " + body + " end"}, {}, services, 1);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().text.c_str());
    std::exit(1);
  }
  return std::move(loaded).value();
}

/// The best of seven runs, in nanoseconds of CPU time per call. One and the other take turns, so that a machine that is
/// busy with other things is so for both.
std::pair<double, double> measure(const std::function<void()>& one, const std::function<void()>& other,
                                  std::chrono::milliseconds time) {
  const auto run = [&](const std::function<void()>& call) {
    const auto cpu = [] {
      timespec now{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
      return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
    };
    std::size_t calls = 0;
    const double begin = cpu();
    double now = begin;
    while (now - begin < static_cast<double>(time.count()) * 1e6) {
      for (int i = 0; i < 200; ++i, ++calls) call();
      now = cpu();
    }
    return (now - begin) / static_cast<double>(calls);
  };
  std::pair<double, double> best{1e12, 1e12};
  for (int i = 0; i < 7; ++i) {
    best.first = std::min(best.first, run(one));
    best.second = std::min(best.second, run(other));
  }
  return best;
}

/// Calls per second of so many shards at once, each with a state of its own, as the plugin has them. The best of five.
double throughput(unsigned shards, const char* body, const lua::Subject& subject, std::chrono::milliseconds time) {
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    std::atomic<std::size_t> calls = 0;
    std::barrier ready(static_cast<std::ptrdiff_t>(shards));
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < shards; ++i) {
      threads.emplace_back([&] {
        lua::LocalServices services;
        lua::OutcomeReader reader;
        const auto runner = load(body, services);
        ready.arrive_and_wait();
        std::size_t mine = 0;
        for (const auto end = Clock::now() + time; Clock::now() < end; ++mine)
          runner->call(lua::Hook::publish, subject, reader);
        calls += mine;
      });
    }
    for (std::thread& thread : threads) thread.join();
    best = std::max(best, static_cast<double>(calls) * 1000 / static_cast<double>(time.count()));
  }
  return best;
}

}  // namespace

int main(int count, char** arguments) {
  const std::chrono::milliseconds time(count > 1 ? std::atoi(arguments[1]) : 100);
  std::string payload =
      R"({"sensor":"oven-3","celsius":221.5,"door":false,"log":["open","closed"],"position":{"lat":52.52,"lon":13.405},)"
      R"("id":"0b7c4d2e-7f55-4a1e-9d7b-2f6a","sequence":48213,"site":"berlin","note":")";
  payload += std::string(198 - payload.size(), 'x') + "\"}";
  const std::string topic = "sites/berlin/ovens/3/state";
  trellis_message raw{};
  raw.struct_size = sizeof raw;
  raw.topic = trellis::view(topic);
  raw.payload = trellis::view(payload);
  raw.publisher = trellis::view("oven-3");
  lua::LocalServices services;

  lua::OutcomeReader reader;
  const lua::Subject subject{.name_space = "default",
                             .message = &raw,
                             .client_id = trellis::text(raw.publisher),
                             .client_name = trellis::text(raw.publisher_identity)};
  // As the stage does it: with a look at the clock per message.
  const auto call = [&](lua::Runner& runner) {
    return std::function<void()>([&] {
      if (!runner.call(lua::Hook::publish, subject, reader)) std::exit(1);
      volatile auto now = Clock::now().time_since_epoch().count();
      (void)now;
    });
  };
  const auto bare = [&](lua::Runner& runner, bool is_protected) {
    return std::function<void()>([&runner, &subject, &reader, is_protected] {
      if (is_protected) {
        runner.call(lua::Hook::publish, subject, reader);
      } else {
        runner.call_unprotected(lua::Hook::publish, subject, reader);
      }
    });
  };
  const std::function<void()> nothing = [&] {
    volatile auto now = Clock::now().time_since_epoch().count();
    (void)now;
  };
  const struct {
    const char* name;
    const char* body;
  } rules[] = {
      {"empty rule", ""},
      {"topic: compare", "if message.topic == 'sites/berlin/ovens/4/state' then return false end"},
      {"topic: prefix by sub", "if message.topic:sub(1, 6) == 'alarm/' then return false end"},
      {"topic: pattern", "if message.topic:match('^sites/([^/]+)/boilers/') then return false end"},
      {"topic: another topic", "return {topic = 'x'}"},
      {"json.decode(message), 200 bytes", "local d = json.decode(message) if d.celsius > 300 then return false end"},
      {"json.decode and encode", "json.encode(json.decode(message))"},
      {"re.match", "if re.match(message.topic, '^sites/(\\\\w+)/boilers/') then return false end"},
      {"state.incr", "state.incr(message.topic)"},
      {"rate", "rate(client.id, 1000000)"},
  };
  std::printf("payload %zu bytes; nanoseconds of CPU time per message, best of 7\n", payload.size());
  std::printf("%-36s %10s %12s\n", "rule", "with rule", "more than none");
  for (const auto& rule : rules) {
    const auto runner = load(rule.body, services);
    const auto [with, without] = measure(call(*runner), nothing, time);
    std::printf("%-36s %10.0f %12.0f\n", rule.name, with, with - without);
  }
  std::printf("%-36s %10s %12s %6s\n", "protection", "protected", "unprotected", "ratio");
  for (const auto& rule : {rules[1], rules[5]}) {
    const auto runner = load(rule.body, services);
    const auto [with, without] = measure(bare(*runner, true), bare(*runner, false), time);
    std::printf("%-36s %10.0f %12.0f %6.2f\n", rule.name, with, without, with / without);
  }
  std::printf("%-36s %10s %12s %6s\n", "calls a second", "one shard", "two shards", "ratio");
  for (const auto& rule : {rules[1], rules[5]}) {
    const double one = throughput(1, rule.body, subject, time);
    const double two = throughput(2, rule.body, subject, time);
    std::printf("%-36s %10.0f %12.0f %6.2f\n", rule.name, one, two, two / one);
  }
  return 0;
}
