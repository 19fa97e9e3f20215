/// The plugin: TLS 1.2 and 1.3 around whatever is spoken above it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <trellis/command.hpp>
#include <trellis/layer.hpp>
#include <vector>

#include "dialled_stream.hpp"
#include "ocsp_fetcher.hpp"
#include "stream.hpp"
#include "watched_file/watched_file.hpp"

namespace transport_tls {

class TransportTls final : public trellis::WithCommand<trellis::Layer>, public ContextSource {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "transport-tls",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Encrypts connections: TLS 1.2 and 1.3.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_CONNECTION},
                                             .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  /// The first shard fetches OCSP responses for all.
  class ShardState {
   public:
    ShardState(TransportTls& plugin, trellis::Shard& shard);
    ~ShardState();

   private:
    std::shared_ptr<OcspLink> link_;
    std::unique_ptr<OcspFetcher> fetcher_;
  };

  ~TransportTls() override { stop(); }
  static trellis::Schema schema() { return settings_schema(); }
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void stop() override;

  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override;
  bool secure() const noexcept override { return true; }
  bool dials() const noexcept override { return true; }
  bool serves() const noexcept override { return !settings_.certificates.empty(); }
  trellis::Recognised recognise(std::string_view begin) noexcept override;

  std::string_view verb() const noexcept override { return "cert"; }
  std::string_view verb_summary() const noexcept override { return "make certificates for trying out"; }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

  std::shared_ptr<const Contexts> contexts() const override;
  std::uint32_t version() const noexcept override { return version_.load(std::memory_order_acquire); }

 private:
  /// What the files look like from outside; a missing one looks like none.
  std::vector<common::FileStamp> stamps() const;
  void watch(std::vector<common::FileStamp> seen);
  void load_again();

  /// Brings the figure of each certificate up to date: how many days it has left.
  void count_days(std::int64_t now_s);

  Settings settings_;
  std::vector<std::pair<trellis::Metric, std::int64_t>>
      days_;  // as in settings_: the figure, and what was counted last
  std::optional<TicketKeys> tickets_;
  std::optional<Surroundings> around_;  // from start on
  DialledMetrics dialled_metrics_;
  OcspMetrics ocsp_metrics_;
  const std::shared_ptr<OcspLink> ocsp_link_ = std::make_shared<OcspLink>();
  const trellis_host_connection* connections_ = nullptr;
  mutable std::mutex mutex_;  // guards contexts_ and stopping_
  std::shared_ptr<const Contexts> contexts_;
  std::atomic<std::uint32_t> version_{0};
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread watcher_;
};

}  // namespace transport_tls
