// The plugin: writes events into files, one line for each.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <trellis/handler.hpp>

#include "target.hpp"
#include "writer.hpp"

namespace files {

class FileHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-file",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Writes events into files, one line of JSON for each.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER},
                                             .capabilities = TRELLIS_CAPABILITY_FILES_WRITE};

  static trellis::Schema schema() { return files::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

  void deliver(const std::shared_ptr<const Target>& target, const trellis::DeliveryBatch& batch);
  /// A destination came, or went.
  void count(const std::string& file, int change);

 private:
  Settings settings_;
  Metrics metrics_;
  std::unique_ptr<Writer> writer_;
  std::mutex mutex_;
  // Guarded by mutex_: destinations of each file, and whether no more will come.
  std::map<std::string, int> destinations_;
  bool drained_ = false;
};

}  // namespace files
