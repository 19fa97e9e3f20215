/// The gatekeeper in a TestHost.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>

#include "access/access_keys.hpp"
#include "gatekeeper.hpp"

namespace events_service {

using namespace std::chrono_literals;
using trellis::testing::RequestSample;
using trellis::testing::TestHost;

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
