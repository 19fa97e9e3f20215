/// The plugin: namespaces prove by DNS records that their domains are theirs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/service.hpp>

#include "checker.hpp"

namespace custom_domains {

class CustomDomains final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-custom-domains",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Lets namespaces prove by DNS records that their custom domains are theirs.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_DIAL, TRELLIS_HOST_DOMAIN, TRELLIS_HOST_LOOP, TRELLIS_HOST_SERVICE}};

  class ShardState {
   public:
    ShardState(CustomDomains& plugin, trellis::Shard& shard) {
      if (shard.index() == 0) checker_.emplace(*plugin.shared_, plugin.metrics_, shard);
    }

   private:
    std::optional<Checker> checker_;
  };

  static trellis::Schema schema();
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void on_request(const trellis::Request& request, trellis::Reply reply) override;

 private:
  void answer_list(trellis::Reply& reply);
  void answer_one(std::string_view name, trellis::Reply& reply);
  void validate(const trellis::Request& request, std::string_view name, trellis::Reply& reply);
  void check_soon();

  // Outlives this object where a function that was posted still waits.
  std::shared_ptr<Shared> shared_;
  CheckMetrics metrics_;
};

}  // namespace custom_domains
