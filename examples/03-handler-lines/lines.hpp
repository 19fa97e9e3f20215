// A handler that appends messages to files, one line each.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <trellis/handler.hpp>

/// Writes "topic payload" lines. Files are written by a thread of the plugin's own, because a shard must never wait
/// for a disk: deliver() keeps the delivery and returns, the thread settles it once the line is in the file.
class Lines final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-lines",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Appends messages to a file, one line each.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_MESSAGE},
      .capabilities = TRELLIS_CAPABILITY_FILES_WRITE,
  };

  trellis::Result<void> start() override;
  void stop() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

 private:
  struct Job {
    std::string file;
    trellis::KeptDelivery delivery;
  };
  class File;

  void add(Job job);
  void write_all();
  static void write(Job& job);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;  // guarded by mutex_
  bool ending_ = false;   // guarded by mutex_
  std::thread writer_;
};
