/// A service that answers what it thinks of each request, in a TestHost.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>
#include <utility>

#include "access/access.hpp"
#include "access/access_keys.hpp"
#include "common/base64/base64.hpp"
#include "common/http/target.hpp"

namespace events_service {

using namespace std::chrono_literals;
using trellis::testing::RequestSample;
using trellis::testing::TestHost;

class Gatekeeper final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "gatekeeper", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};

  struct ShardState {
    ShardState(Gatekeeper& plugin, trellis::Shard& shard) : access(*plugin.access, shard) {}
    AccessOnShard access;
  };

  static trellis::Schema schema() {
    return trellis::Schema{}.object("access", Access::schema(), {.help = "Who may.", .fallback = "{}"});
  }
  trellis::Result<void> configure(const trellis::Config& config) override {
    auto made = Access::make(config.object("access"), host());
    if (!made) return made.error();
    access = std::move(*made);
    for (const auto& type : Access::resource_types()) {
      if (const auto good = declare_resources(*this, type); !good) return good;
    }
    return trellis::ok();
  }
  trellis::Result<void> start() override {
    access->start();
    return trellis::ok();
  }
  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override {
    return Access::check_resource(change);
  }
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override {
    access->resources_changed(changes);
  }
  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    const Right right = request.path().ends_with(":publish") ? Right::send : Right::receive;
    const Judged judged = request.shard().state<ShardState>().access.judge(request, right);
    static constexpr std::string_view kShown[] = {"nothing", "key", "sas", "bearer", "unknown"};
    const std::string who = std::string(kShown[static_cast<std::size_t>(judged.shown)]) + " '" + judged.caller + "'";
    if (!judged.refused) return reply.text(who);
    reply.text(who + " " + std::string(judged.refused->code) + ": " + judged.refused->message, judged.refused->status);
  }

  std::unique_ptr<Access> access;
};

/// Made in the way of the documents, from a key in base64.
inline std::string sas_token(std::string_view key, std::string_view resource, std::string_view expiry) {
  const std::string text =
      "r=" + trellis::http::percent_encode(resource) + "&e=" + trellis::http::percent_encode(expiry);
  const std::string bytes = common::from_base64(key).value();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), bytes.data(), static_cast<int>(bytes.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac, &size);
  const std::string signature = common::to_base64({reinterpret_cast<const char*>(mac), size});
  return text + "&s=" + trellis::http::percent_encode(signature);
}

constexpr std::string_view kKey1 = "a2V5IG9uZSBoYXMgMzIgYnl0ZXMgKysrKysrKysrKy8=";
constexpr std::string_view kKey2 = "++++/2V5IHR3byBoYXMgYXMgbWFueSBieXRlcyBhcy4=";
constexpr std::string_view kPublish = "/topics/orders:publish";
constexpr std::string_view kReceive = "/topics/orders/eventsubscriptions/s:receive";
constexpr std::string_view kLater = "2099-01-02T15:04:05";

struct Answer {
  std::uint32_t status = 0;
  std::string text;
  bool operator==(const Answer&) const = default;
  friend void PrintTo(const Answer& answer, std::ostream* out) { *out << answer.status << ' ' << answer.text; }
};

class AccessTest : public ::testing::Test {
 protected:
  explicit AccessTest(std::string_view settings = "{}") { load(settings); }

  void load(std::string_view settings) {
    host_.emplace(trellis::testing::TestHostOptions{.shards = 2});
    other_ = host_->name_space("other");
    service_.emplace(host_->load<Gatekeeper>(R"({"access": )" + std::string(settings) + "}"));
    host_->turn();
  }
  /// What is wrong with it, or nothing.
  std::string put_key(std::string_view name, std::string_view key, std::string_view name_space = "default") {
    const auto wrong = host_->put_resource(kAccessKeys, name, R"({"key": ")" + std::string(key) + "\"}", name_space);
    host_->turn();
    return wrong;
  }
  Answer ask(const RequestSample& request, std::uint32_t shard = 0) {
    const auto watch = service_->request(request, shard);
    host_->turn();
    return {watch.get().status, watch.get().body};
  }
  /// A request with one field.
  Answer ask(std::string_view path, std::string_view field, std::string_view value, std::uint32_t shard = 0) {
    return ask(sample(path, field, value), shard);
  }
  static RequestSample sample(std::string_view path, std::string_view field = {}, std::string_view value = {}) {
    RequestSample request{.method = "POST", .path = std::string(path), .mount = "/", .host = "localhost"};
    if (!field.empty()) request.headers.emplace_back(field, value);
    return request;
  }
  std::uint32_t status(std::string_view path, std::string_view field, std::string_view value, std::uint32_t shard = 0) {
    return ask(path, field, value, shard).status;
  }
  std::uint32_t status_of_key(std::string_view key, std::uint32_t shard = 0) {
    return status(kPublish, "authorization", "SharedAccessKey " + std::string(key), shard);
  }
  std::int64_t count(const std::string& shown, const std::string& outcome) const {
    return host_->metric("trellis_events_credentials_total", "shown=\"" + shown + "\",outcome=\"" + outcome + "\"");
  }

  std::optional<TestHost> host_;
  std::optional<trellis::testing::ServiceDriver> service_;
  std::uint32_t other_ = 0;
};

}  // namespace events_service
