// The plugin: judges user name and password by a file of hashes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/command.hpp>
#include <vector>

#include "questions/questions.hpp"
#include "user_file.hpp"
#include "verifier.hpp"
#include "watched_file/watched_file.hpp"

namespace password {

/// Clients without user name or password, and those that ask for an exchange by steps, are left to the next
/// authenticator. All others are answered here: a name that is not in the file is as wrong as a wrong password.
///
/// authenticate() runs on the shards, the checks on the threads of the verifier, the reading of a changed file on a
/// thread of the watched file. stop() ends both kinds of threads.
class PasswordAuthenticator final : public trellis::WithCommand<trellis::Authenticator> {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-password",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows clients whose user name and password are in a file of salted hashes.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY},
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;
  void on_abandoned(trellis_token token) noexcept override;

  std::string_view verb() const noexcept override { return "passwd"; }
  std::string_view verb_summary() const noexcept override { return "manage a file of users and their passwords"; }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

 private:
  enum class Result { right, wrong, remembered, overloaded, given_up };

  void answer(trellis_token token, Result result);
  void on_file_read(const std::string& error);

  std::string path_;
  std::chrono::milliseconds watch_interval_{};
  VerifierOptions options_;
  trellis::Metric checks_[5];  // by Result

  struct Question {
    trellis::AuthReply reply;
    std::string user;
  };
  common::Questions<Question> questions_;
  std::unique_ptr<common::WatchedFile<Users>> file_;
  std::unique_ptr<Verifier> verifier_;
};

}  // namespace password
