/// When issuers are asked for their keys.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/http/client.hpp"
#include "common/jwks/issuers.hpp"

namespace jwks {

/// Belongs to the first shard; the plugin's ShardState owns it there. Fetches the keys of every issuer at once, when
/// they are old, and when a question waits for newer ones. Keys stay in use for Settings::stale while the issuer does
/// not answer; then it is asked again after pauses that grow. On the way down everybody who waits is answered.
class Fetcher {
 public:
  Fetcher(const trellis::Shard& shard, std::shared_ptr<Issuers> issuers);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// It may be new, or have new questions.
  void serve(const std::shared_ptr<IssuerKeys>& issuer);

 private:
  /// One issuer.
  struct Task {
    std::weak_ptr<IssuerKeys> issuer;
    std::shared_ptr<IssuerKeys> busy;           ///< the same while it is being asked
    std::optional<trellis::http::Url> address;  ///< of the keys; nothing: to be discovered
    trellis::Timer next;                        ///< when it is asked again
    trellis::Timer stale;                       ///< when its keys are too old
    trellis::Timer deadline;                    ///< of the first question
    std::size_t failures = 0;                   ///< in a row
    std::string skipped;                        ///< what was said about damaged keys
  };

  Task& task_of(const std::shared_ptr<IssuerKeys>& issuer);
  void drop_unused();
  void recovered(Task& task);
  void refresh(Task& task);
  void fetch(Task& task);
  void send(Task& task, const trellis::http::Url& url, void (Fetcher::*answered)(Task&, trellis::http::ClientResult));
  void answered_configuration(Task& task, trellis::http::ClientResult result);
  void answered_keys(Task& task, trellis::http::ClientResult result);
  void succeed(Task& task, jose::KeySet::Reading reading);
  void fail(Task& task, const std::string& why);
  void end(Task& task, std::shared_ptr<const jose::KeySet> keys, std::chrono::milliseconds not_before);
  void drop_stale(Task& task);
  void late(Task& task);
  void arm_deadline(Task& task, const IssuerKeys& issuer);
  void answer(const std::vector<IssuerKeys::Waiter>& waiters);

  const trellis::Shard& shard_;
  const std::shared_ptr<Issuers> issuers_;
  std::map<const IssuerKeys*, std::unique_ptr<Task>> tasks_;
  trellis::Timer start_;
  trellis::http::Client client_;  // its callbacks speak to the tasks: destroyed before them
};

}  // namespace jwks
