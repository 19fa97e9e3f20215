// An authenticator for tests of enhanced authentication: a method of several steps, whose answers come at once or
// later.
#include <mutex>
#include <string>
#include <thread>
#include <trellis/authenticator.hpp>
#include <vector>

namespace {

/// Method RIDDLE. The client says "42" and is let in, "who" to be told its client identifier as well, "other" to be let
/// in as somebody else, "ask" to be asked, "later" to be let in from another thread, anything else to be refused. Other
/// methods, and clients without one, are left to the next authenticator. What is known of those is logged.
class RiddleAuthenticator final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "authenticator-riddle",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Asks a riddle. For tests of exchanges in several steps.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_IDENTITY}};

  static trellis::Schema schema() { return trellis::Schema{}; }

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override {
    if (!request.has_method() || request.method != "RIDDLE") {
      host().log(trellis::Level::info, "a client came",
                 {{"peer", request.peer},
                  {"local", request.loopback()},
                  {"certificates", request.certificates.size()},
                  {"verified", request.certificate_verified()}});
      return reply.defer();
    }
    if (request.data == "42") return reply.allow({.name = "solver", .data = "well done"});
    if (request.data == "who") return reply.allow({.name = "solver", .data = request.client_id});
    if (request.data == "other") return reply.allow({.name = "impostor"});
    if (request.data == "ask") return reply.challenge("6 by 7?");
    if (request.data == "later") return answer_later(std::move(reply));
    reply.bad_credentials("that is not the answer");
  }

  void stop() override {
    const std::lock_guard lock(mutex_);
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void answer_later(trellis::AuthReply reply) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([reply = std::move(reply)]() mutable { reply.allow({.name = "solver", .data = "at last"}); });
  }

  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace

TRELLIS_PLUGIN(RiddleAuthenticator);
