/// A service that answers what it thinks of each request, and tokens to show it.
#pragma once

#include <openssl/hmac.h>

#include <memory>
#include <string>
#include <string_view>
#include <trellis/service.hpp>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "common/base64/base64.hpp"
#include "common/http/target.hpp"

namespace events_service {

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

}  // namespace events_service
