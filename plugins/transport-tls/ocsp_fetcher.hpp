/// When the responders are asked about our certificates.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "common/http/client.hpp"
#include "ocsp.hpp"
#include "stream.hpp"

namespace transport_tls {

struct OcspMetrics {
  static OcspMetrics declare(const trellis::Host& host);

  trellis::Metric good;
  trellis::Metric revoked;
  trellis::Metric failed;
};

/// Keeps a good response for every subject of the current contexts. A good one is replaced at half of the time it has
/// left, a failure is followed by another attempt, and neither by a flood of them. Belongs to one shard; on the way
/// down what is being asked is given up.
class OcspFetcher {
 public:
  OcspFetcher(const trellis::Shard& shard, const ContextSource& source, const OcspMetrics& metrics);
  OcspFetcher(const OcspFetcher&) = delete;
  OcspFetcher& operator=(const OcspFetcher&) = delete;

  /// The contexts may be others: what is new is asked about at once, what is gone no more.
  void follow();

 private:
  /// One subject.
  struct Task {
    std::shared_ptr<OcspSubject> subject;
    std::uint64_t request = 0;  ///< 0: none is on its way
    trellis::Timer next;        ///< when it is asked about again
    trellis::Timer expiry;      ///< of what is kept
    OcspOutcome last{};
    std::chrono::milliseconds pause{};  ///< after the last failure; 0: there was none
  };

  std::unique_ptr<Task> take(const OcspSubject& subject);
  void ask(Task& task);
  void answered(Task& task, trellis::http::ClientResult result);
  OcspJudgement judge(const Task& task, trellis::http::ClientResult& result) const;
  void keep(Task& task, std::string der, std::chrono::seconds expires);
  void ask_later(Task& task, const OcspJudgement& judgement);
  void report(Task& task, const OcspJudgement& judgement);

  const trellis::Shard& shard_;
  const ContextSource& source_;
  const OcspMetrics metrics_;
  std::vector<std::unique_ptr<Task>> tasks_;
  trellis::Timer start_;
  trellis::http::Client client_;  // its callbacks speak to the tasks: destroyed before them
};

/// Where the fetcher is; outlives it where a function that was posted still waits. Read and written on its shard.
struct OcspLink {
  OcspFetcher* fetcher = nullptr;
};

}  // namespace transport_tls
