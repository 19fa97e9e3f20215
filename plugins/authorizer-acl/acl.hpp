// The plugin: answers from the rules of a file, and follows the file's changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <trellis/authorizer.hpp>

#include "rules.hpp"
#include "watched_file/watched_file.hpp"

namespace acl {

/// Each shard keeps its own reference to the present rules and looks at one atomic number per batch to see whether
/// there are newer ones, so that answering takes no lock.
class AclAuthorizer final : public trellis::Authorizer {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authorizer-acl",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows and denies topics by a file of read and write rules per user, in Mosquitto's format.",
      .licence = "Apache-2.0",
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  struct ShardState {
    uint64_t version = 0;
    std::shared_ptr<const RuleSet> rules;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;

  void authorize(trellis::AccessBatch batch) noexcept override;
  bool judges_receive() const noexcept override { return true; }

 private:
  void on_file_read(const std::string& error);

  std::string path_;
  std::chrono::milliseconds watch_interval_{};
  SubscribeRule subscribe_ = SubscribeRule::any;
  std::unique_ptr<common::WatchedFile<RuleSet>> file_;
};

}  // namespace acl
