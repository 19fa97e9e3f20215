/// A client in a plugin of a TestHost, whose servers the test plays.
#pragma once

#include <gmock/gmock-matchers.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>
#include <utility>

#include "common/http/client.hpp"

namespace trellis::http::testing {

using namespace std::chrono_literals;
using trellis::testing::ProtocolConnection;

class ClientOwner final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "client-owner", .version = "1.0.0"};
  struct ShardState {
    std::unique_ptr<Client> client;
  };
  trellis::Result<void> start() override {
    metrics = ClientMetrics::declare(host(), "of=\"test\"");
    return trellis::ok();
  }
  void on_request(const trellis::Request&, trellis::Reply) override {}

  ClientMetrics metrics;
};

/// What became of one request.
struct Watch {
  std::uint64_t number = 0;
  std::optional<ClientResult> result;

  bool done() const { return result.has_value(); }
  std::uint32_t status() { return done() && *result ? (*result)->status : 0; }
  std::string body() { return done() && *result ? (*result)->body : "none"; }
  std::string error() const { return done() && !*result ? result->error().text : "none"; }
  Failure failure() const { return done() && !*result ? result->error().failure : Failure{}; }
};

inline std::string ok(std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

inline ClientRequest get(std::string_view url) { return {.url = parse_url(url).value()}; }
inline ClientRequest post(std::string_view url, std::string body = "data") {
  return {.method = "POST", .url = parse_url(url).value(), .body = std::move(body)};
}

class ClientTest : public ::testing::Test {
 protected:
  explicit ClientTest(const trellis::testing::TestHostOptions& options = {}) : host_(options) { make({}); }

  void make(ClientSettings settings) {
    on_shard([&](Shard& shard) {
      shard.state<ClientOwner::ShardState>().client =
          std::make_unique<Client>(shard, std::move(settings), owner_.as<ClientOwner>().metrics);
    });
  }
  void destroy() {
    on_shard([](Shard& shard) { shard.state<ClientOwner::ShardState>().client.reset(); });
  }
  /// Called with what comes of it; `then` first, where it is set.
  std::shared_ptr<Watch> send(ClientRequest request, std::function<void()> then = {}) {
    auto watch = std::make_shared<Watch>();
    on_shard([&](Shard& shard) {
      watch->number = client(shard).send(std::move(request), [watch, then](ClientResult result) {
        EXPECT_FALSE(watch->done());
        watch->result.emplace(std::move(result));
        if (then) then();
      });
      EXPECT_FALSE(watch->done()) << "called back from within send()";
    });
    return watch;
  }
  bool cancel(const Watch& watch) {
    bool cancelled = false;
    on_shard([&](Shard& shard) { cancelled = client(shard).cancel(watch.number); });
    return cancelled;
  }
  void on_shard(const std::function<void(Shard&)>& function) {
    host_.on_shard(owner_.instance(), 0, [&](void* shard) { function(*static_cast<Shard*>(shard)); });
    host_.turn();
  }
  static Client& client(Shard& shard) { return *shard.state<ClientOwner::ShardState>().client; }
  std::int64_t metric(std::string_view name) const {
    return host_.metric("trellis_http_client_" + std::string(name), "of=\"test\"");
  }

  trellis::testing::TestHost host_;
  trellis::testing::ServiceDriver owner_ = host_.load<ClientOwner>();
};

}  // namespace trellis::http::testing
