// The plugin: lets clients prove by SCRAM-SHA-256 that they know a user's password.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/command.hpp>
#include <trellis/resources.hpp>
#include <vector>

#include "exchange_table.hpp"
#include "succession/succession.hpp"
#include "user_file.hpp"
#include "watched_file/watched_file.hpp"

namespace scram {

/// Clients that ask for another authentication method, or for none, are left to the next authenticator.
///
/// authenticate() runs on the shards and answers at once: checking a proof costs three hashes, all the expensive work
/// is the client's. The reading of a changed file runs on a thread of the watched file, which stop() ends.
class ScramAuthenticator final : public trellis::WithCommand<trellis::Authenticator>, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-scram",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows MQTT 5 clients that prove by SCRAM-SHA-256 to know a user's password, which is never sent.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY},
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  static trellis::Schema schema();

  /// How an exchange ends.
  enum class Result { right, wrong, malformed, out_of_turn, disabled, overloaded };
  /// What a client is told that is not let in; again: it was, and proves itself once more.
  static trellis::Status status_of(Result result, bool again);

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;
  void on_abandoned(trellis_token token) noexcept override;

  trellis::Result<void> check_resource(const trellis::ResourceChange& change) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;

  std::string_view verb() const noexcept override { return "scram"; }
  std::string_view verb_summary() const noexcept override { return "manage a file of users and their SCRAM keys"; }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

 private:
  void begin(const trellis::AuthRequest& request, trellis::AuthReply reply);
  void finish(const trellis::AuthRequest& request, trellis::AuthReply reply);
  void allow(const trellis::AuthRequest& request, trellis::AuthReply& reply, const Exchange& exchange,
             std::string_view signature);
  void deny(const trellis::AuthRequest& request, trellis::AuthReply& reply, Result result, std::string_view reason);
  void on_file_read(const std::string& error);
  void cut_off(const Users& before, const Users& now) const;
  bool holds_no_more(const Exchange& exchange) const;

  std::string path_;
  std::chrono::milliseconds watch_interval_{};
  std::size_t most_exchanges_ = 0;
  std::chrono::milliseconds exchange_time_{};
  trellis::Metric results_[6];  // by Result

  common::FingerprintKey decoy_secret_;  // where the file has none
  std::unique_ptr<common::WatchedFile<Users>> file_;
  std::shared_ptr<const Users> seen_;  // start(), then the watching thread
  std::unique_ptr<ExchangeTable> exchanges_;
  std::uint64_t place_ = 0;  // among the instances
  std::atomic<bool> drained_ = false;
};

}  // namespace scram
