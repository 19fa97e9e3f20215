/// A plugin that keeps issuers' keys, in a TestHost whose issuers the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

#include "common/jose/testing/signer.hpp"
#include "common/jwks/fetcher.hpp"

namespace jwks::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view kLabels = "authenticator=\"test\"";

class KeyUser final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "key-user", .version = "1.0.0"};

  class ShardState {
   public:
    ShardState(KeyUser& plugin, trellis::Shard& shard) {
      if (shard.index() == 0) fetcher.emplace(shard, plugin.issuers);
    }
    std::optional<Fetcher> fetcher;
  };

  static trellis::Schema schema() { return Settings::add_to({}); }
  trellis::Result<void> configure(const trellis::Config& config) override {
    auto read = Settings::read(config);
    if (!read) return read.error();
    settings = *read;
    return trellis::ok();
  }
  trellis::Result<void> start() override {
    issuers = std::make_shared<Issuers>(host(), settings, Metrics::declare(host(), kLabels));
    return trellis::ok();
  }
  void on_request(const trellis::Request&, trellis::Reply) override {}

  Settings settings;
  std::shared_ptr<Issuers> issuers;
};

class KeysTest : public ::testing::Test {
 protected:
  explicit KeysTest(std::string_view settings = "{}") : user_(host_.load<KeyUser>(settings)) { host_.turn(); }

  std::shared_ptr<IssuerKeys> issuer(const Source& source = {.jwks_uri = "https://issuer/keys"}) {
    auto got = issuers().get(source);
    host_.turn();
    return got;
  }
  Issuers& issuers() { return *user_.as<KeyUser>().issuers; }

  /// The kid of the first key; "none" where nothing is known, "empty" where the issuer has no keys.
  static std::string kid(const IssuerKeys& issuer) {
    const auto keys = issuer.keys();
    if (keys == nullptr) return "none";
    return keys->empty() ? "empty" : *keys->keys()[0].kid();
  }
  static std::string keys(std::string_view kid) {
    static const jose::testing::Signer kSigner(jose::Algorithm::eddsa);
    return kSigner.jwks(kid);
  }

  /// Answers the oldest request with that body; what the issuer was asked.
  std::string answer(std::string_view body, std::string_view status = "200 OK") {
    if (host_.dials().empty()) {
      ADD_FAILURE() << "nobody is asked";
      return {};
    }
    auto server = host_.answer_dial();
    std::string request = server.received();
    server.send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                std::string(body));
    host_.turn();
    return request;
  }

  /// Until an issuer is asked.
  void wait_for_attempt() {
    for (int i = 0; i < 100 && host_.dials().empty(); ++i) host_.advance(1s);
  }

  struct Watch {
    Waiting how = Waiting::no;
    int answers = 0;
  };
  /// A question that the newest keys do not answer.
  std::shared_ptr<Watch> wait(const std::shared_ptr<IssuerKeys>& issuer, std::uint64_t number = 1) {
    auto watch = std::make_shared<Watch>();
    const auto seen = issuer->keys();
    host_.on_shard(user_.instance(), 0, [&](void* shard) {
      watch->how = issuers().wait(*static_cast<trellis::Shard*>(shard), issuer, seen.get(), number,
                                  [watch] { ++watch->answers; });
      EXPECT_EQ(watch->answers, 0) << "called from within";
    });
    host_.turn();
    return watch;
  }
  std::int64_t metric(std::string_view name, std::string_view further = {}) const {
    return host_.metric("trellis_jwks_" + std::string(name), std::string(kLabels) + std::string(further));
  }

  trellis::testing::TestHost host_;
  trellis::testing::ServiceDriver user_;
};

}  // namespace jwks::testing
