// What judging a request costs, by the credential it shows.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "../tests/gatekeeper.hpp"

namespace events_service {
namespace {

// The least of several runs, in nanoseconds a call.
template <class Call>
double nanoseconds(const Call& call) {
  double least = 1e18;
  for (int run = 0; run < 9; ++run) {
    std::size_t calls = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::chrono::duration<double, std::nano> passed{};
    while (passed.count() < 3e7) {
      for (int i = 0; i < 64; ++i) call(calls + static_cast<std::size_t>(i));
      calls += 64;
      passed = std::chrono::steady_clock::now() - begin;
    }
    least = std::min(least, passed.count() / static_cast<double>(calls));
  }
  return least;
}

trellis_pair pair(std::string_view name, std::string_view value) { return {trellis::view(name), trellis::view(value)}; }

trellis_request request_with(const std::vector<trellis_pair>& fields) {
  trellis_request request{};
  request.struct_size = sizeof request;
  request.header_count = static_cast<std::uint32_t>(fields.size());
  request.headers = fields.data();
  request.method = trellis::view("POST");
  request.path = trellis::view(kPublish);
  request.query = trellis::view("api-version=2024-06-01");
  request.mount = trellis::view("/");
  request.host = trellis::view("localhost");
  return request;
}

/// As a client library sends it.
std::vector<trellis_pair> fields_with(std::string_view name, std::string_view value) {
  return {pair("accept", "application/json"), pair("content-type", "application/cloudevents+json; charset=utf-8"),
          pair("user-agent", "bench"), pair("content-length", "1024"), pair(name, value)};
}

int run() {
  trellis::testing::TestHost host;
  const auto service = host.load<Gatekeeper>();
  for (const auto& [name, key] : {std::pair{"key1", kKey1}, std::pair{"key2", kKey2}}) {
    host.put_resource("accessKeys", name, R"({"key": ")" + std::string(key) + "\"}");
  }
  host.turn();
  std::size_t refused = 0;
  host.on_shard(service.instance(), 0, [&](void* on_shard) {
    const auto& shard = *static_cast<trellis::Shard*>(on_shard);
    auto& access = shard.state<Gatekeeper::ShardState>().access;
    const auto judge = [&](const std::vector<trellis_pair>& fields) {
      const trellis_request request = request_with(fields);
      if (access.judge(trellis::Request(&request, shard), Right::send).refused) ++refused;
    };
    const std::string authorization = "SharedAccessKey " + std::string(kKey2);
    const auto key = fields_with("authorization", authorization);
    std::printf("key                      %8.0f ns\n", nanoseconds([&](std::size_t) { judge(key); }));
    std::vector<std::string> tokens;
    // More than are remembered, so that each has been forgotten when it comes again.
    for (int i = 0; i < 4096; ++i) {
      tokens.push_back(sas_token(kKey1, "https://localhost/?n=" + std::to_string(i), kLater));
    }
    const auto sas = fields_with("aeg-sas-token", tokens[0]);
    std::printf("SAS token, known         %8.0f ns\n", nanoseconds([&](std::size_t) { judge(sas); }));
    std::printf("SAS token, new           %8.0f ns\n", nanoseconds([&](std::size_t call) {
                  judge(fields_with("aeg-sas-token", tokens[call % tokens.size()]));
                }));
  });
  if (refused != 0) std::printf("%zu were refused\n", refused);
  return refused == 0 ? 0 : 1;
}

}  // namespace
}  // namespace events_service

int main() { return events_service::run(); }
