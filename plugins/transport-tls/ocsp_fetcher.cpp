#include "ocsp_fetcher.hpp"

#include <algorithm>

namespace transport_tls {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kSoonest = 1min;
constexpr milliseconds kLatest = 12h;
constexpr milliseconds kLongestPause = 1h;
constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::string_view kMediaType = "application/ocsp-response";

seconds wall(const trellis::Shard& shard) { return std::chrono::duration_cast<seconds>(shard.wall()); }

// The responders are asked once in hours: no connection is worth keeping.
trellis::http::ClientSettings client_settings() {
  trellis::http::ClientSettings settings;
  settings.connections_per_host = 2;
  settings.connections = 8;
  settings.idle_timeout = 0ms;
  settings.http2 = false;
  return settings;
}

// Without its parameters, in whatever case (RFC 9110, 8.3.1).
bool is_ocsp_response(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return std::ranges::equal(type, kMediaType, [](char found, char wanted) {
    return (found >= 'A' && found <= 'Z' ? static_cast<char>(found | 32) : found) == wanted;
  });
}

}  // namespace

OcspMetrics OcspMetrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kName = "trellis_tls_ocsp_fetches_total";
  static constexpr std::string_view kHelp = "OCSP responses asked for, by what came of it.";
  OcspMetrics metrics;
  metrics.good = host.counter(kName, kHelp, "outcome=\"good\"");
  metrics.revoked = host.counter(kName, kHelp, "outcome=\"revoked\"");
  metrics.failed = host.counter(kName, kHelp, "outcome=\"failed\"");
  return metrics;
}

OcspFetcher::OcspFetcher(const trellis::Shard& shard, const ContextSource& source, const OcspMetrics& metrics)
    : shard_(shard), source_(source), metrics_(metrics), client_(shard, client_settings()) {
  start_ = shard_.after(0ms, [this] { follow(); });
}

void OcspFetcher::follow() {
  std::vector<std::unique_ptr<Task>> now;
  std::vector<Task*> fresh;
  for (auto& subject : source_.contexts()->ocsp_subjects()) {
    auto task = take(*subject);
    if (task == nullptr) {
      task = std::make_unique<Task>();
      task->subject = std::move(subject);
      fresh.push_back(task.get());
    }
    now.push_back(std::move(task));
  }
  for (const auto& gone : tasks_) client_.cancel(gone->request);
  tasks_ = std::move(now);
  for (Task* task : fresh) ask(*task);
}

std::unique_ptr<OcspFetcher::Task> OcspFetcher::take(const OcspSubject& subject) {
  const auto found = std::ranges::find_if(tasks_, [&](const auto& task) { return task->subject.get() == &subject; });
  if (found == tasks_.end()) return nullptr;
  auto task = std::move(*found);
  tasks_.erase(found);
  return task;
}

void OcspFetcher::ask(Task& task) {
  trellis::http::ClientRequest request;
  request.method = "POST";
  request.url = task.subject->responder();
  request.headers = {{"Content-Type", "application/ocsp-request"}, {"Accept", std::string(kMediaType)}};
  request.body = task.subject->request();
  request.max_response_bytes = kMostBytes;
  request.repeatable = true;
  task.request = client_.send(std::move(request),
                              [this, &task](trellis::http::ClientResult result) { answered(task, std::move(result)); });
}

void OcspFetcher::answered(Task& task, trellis::http::ClientResult result) {
  task.request = 0;
  if (!result && result.error().failure == trellis::http::Failure::stopped) return;
  const OcspJudgement judgement = judge(task, result);
  if (judgement.outcome == OcspOutcome::good) keep(task, std::move(result->body), judgement.expires);
  if (judgement.outcome == OcspOutcome::revoked) task.subject->keep(nullptr);
  report(task, judgement);
  ask_later(task, judgement);
}

OcspJudgement OcspFetcher::judge(const Task& task, trellis::http::ClientResult& result) const {
  if (!result) return {OcspOutcome::failed, result.error().text};
  if (result->status != 200) return {OcspOutcome::failed, "it answers with status " + std::to_string(result->status)};
  if (!is_ocsp_response(result->header("content-type"))) {
    return {OcspOutcome::failed, "what it answers is no OCSP response by its content type"};
  }
  return task.subject->judge(result->body, wall(shard_));
}

void OcspFetcher::keep(Task& task, std::string der, seconds expires) {
  task.subject->keep(std::make_shared<const OcspResponse>(OcspResponse{std::move(der), expires}));
  task.expiry = shard_.after(expires - wall(shard_), [&task] { task.subject->keep(nullptr); });
}

void OcspFetcher::ask_later(Task& task, const OcspJudgement& judgement) {
  milliseconds delay{};
  if (judgement.outcome == OcspOutcome::good) {
    task.pause = 0ms;
    delay = std::clamp<milliseconds>((judgement.expires - wall(shard_)) / 2, kSoonest, kLatest);
  } else {
    task.pause = std::clamp(task.pause * 2, kSoonest, kLongestPause);
    delay = task.pause;
  }
  task.next = shard_.after(delay, [this, &task] { ask(task); });
}

void OcspFetcher::report(Task& task, const OcspJudgement& judgement) {
  const bool good = judgement.outcome == OcspOutcome::good;
  const bool revoked = judgement.outcome == OcspOutcome::revoked;
  (good ? metrics_.good : revoked ? metrics_.revoked : metrics_.failed).add(shard_);
  if (std::exchange(task.last, judgement.outcome) == judgement.outcome) return;
  const std::string& file = task.subject->file();
  const std::string responder = task.subject->responder().origin();
  const trellis::Host& host = shard_.host();
  if (good) {
    host.log(trellis::Level::info, "an OCSP response is there to be stapled", {{"chain", file}});
  } else if (revoked) {
    host.log(trellis::Level::error, "the server's certificate was revoked",
             {{"chain", file}, {"responder", responder}});
  } else {
    host.log(trellis::Level::warn, "the OCSP responder gives no response that can be stapled",
             {{"chain", file}, {"responder", responder}, {"reason", judgement.why}});
  }
}

}  // namespace transport_tls
