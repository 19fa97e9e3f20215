#include "common/jwks/fetcher.hpp"

#include <algorithm>
#include <utility>

#include "common/jwks/document.hpp"

namespace jwks {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using trellis::Level;
using trellis::http::ClientResult;
using trellis::http::Failure;
using trellis::http::Url;

// Issuers are asked once in a while: no connection is worth keeping.
trellis::http::ClientSettings client_settings() {
  trellis::http::ClientSettings settings;
  settings.connections_per_host = 2;
  settings.connections = 16;
  settings.idle_timeout = 0ms;
  settings.http2 = false;  // for a document now and then
  return settings;
}

milliseconds pause_after(std::size_t failures, const Settings& settings) {
  milliseconds pause = settings.first_pause;
  for (std::size_t i = 1; i < failures && pause < settings.longest_pause; ++i) pause *= 2;
  return std::min(pause, settings.longest_pause);
}

}  // namespace

Fetcher::Fetcher(const trellis::Shard& shard, std::shared_ptr<Issuers> issuers)
    : shard_(shard), issuers_(std::move(issuers)), client_(shard, client_settings()) {
  issuers_->fetcher_ = this;
  // Those that were there before.
  start_ = shard_.after(0ms, [this] {
    for (const auto& issuer : issuers_->all()) serve(issuer);
  });
}

Fetcher::~Fetcher() {
  issuers_->fetcher_ = nullptr;
  for (const auto& issuer : issuers_->stop()) answer(issuer->close());
  for (const auto& [issuer, task] : tasks_) recovered(*task);
}

void Fetcher::serve(const std::shared_ptr<IssuerKeys>& issuer) {
  Task& task = task_of(issuer);
  if (issuer->wanted() && task.busy == nullptr) fetch(task);
  arm_deadline(task, *issuer);
}

Fetcher::Task& Fetcher::task_of(const std::shared_ptr<IssuerKeys>& issuer) {
  const auto found = tasks_.find(issuer.get());
  if (found != tasks_.end() && found->second->issuer.lock() == issuer) return *found->second;
  drop_unused();  // one of them may have had the same address
  auto task = std::make_unique<Task>();
  task->issuer = issuer;
  if (!issuer->source().jwks_uri.empty()) {
    if (auto url = parse_address(issuer->source().jwks_uri)) task->address = std::move(*url);
  }
  return *(tasks_[issuer.get()] = std::move(task));
}

void Fetcher::drop_unused() {
  std::erase_if(tasks_, [&](const auto& each) {
    if (!each.second->issuer.expired()) return false;
    recovered(*each.second);
    return true;
  });
}

void Fetcher::recovered(Task& task) {
  if (std::exchange(task.failures, 0) > 0) issuers_->metrics_.failing.add(shard_, -1);
}

// The configuration of an issuer may have changed as well, so it is asked for anew, too.
void Fetcher::refresh(Task& task) {
  const auto issuer = task.issuer.lock();
  if (issuer == nullptr) return drop_unused();
  if (task.busy != nullptr) return;
  if (issuer->source().jwks_uri.empty()) task.address.reset();
  fetch(task);
}

void Fetcher::fetch(Task& task) {
  task.busy = task.issuer.lock();
  if (task.busy == nullptr) return;
  task.busy->begin();
  if (task.address) return send(task, *task.address, &Fetcher::answered_keys);
  const Source& source = task.busy->source();
  const auto url = discovery_address(source.issuer);
  if (!url) return fail(task, url.error().text);
  send(task, *url, &Fetcher::answered_configuration);
}

void Fetcher::send(Task& task, const Url& url, void (Fetcher::*answered)(Task&, ClientResult)) {
  trellis::http::ClientRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.deadline = issuers_->settings_.timeout;
  request.max_response_bytes = jose::KeySet::kLargestJwks;
  request.follow_redirects = 2;
  // Each step, not only the last one: whoever can change an answer on its way can change where it leads.
  request.may_follow = &may_give_keys;
  client_.send(std::move(request), [this, &task, answered](ClientResult result) {
    if (!result && result.error().failure == Failure::stopped) return;
    (this->*answered)(task, std::move(result));
  });
}

void Fetcher::answered_configuration(Task& task, ClientResult result) {
  if (!result) return fail(task, result.error().text);
  auto address = read_configuration(*result, task.busy->source().issuer);
  if (!address) return fail(task, address.error().text);
  task.address = std::move(*address);
  send(task, *task.address, &Fetcher::answered_keys);
}

void Fetcher::answered_keys(Task& task, ClientResult result) {
  if (!result) return fail(task, result.error().text);
  auto reading = read_keys(*result);
  if (!reading) return fail(task, reading.error().text);
  succeed(task, std::move(*reading));
}

void Fetcher::succeed(Task& task, jose::KeySet::Reading reading) {
  const Settings& settings = issuers_->settings_;
  const auto before = task.busy->keys();
  const std::string origin = task.busy->source().origin();
  issuers_->metrics_.fetched.add(shard_);
  recovered(task);
  std::string skipped;
  for (const std::string& each : reading.skipped) skipped += (skipped.empty() ? "" : "; ") + each;
  if (reading.keys.empty()) {
    if (before == nullptr || !before->empty()) {
      shard_.host().log(Level::warn, "an issuer publishes no usable keys, its tokens open nothing until it does",
                        {{"issuer", origin}});
    }
  } else if (before == nullptr || before->empty()) {
    shard_.host().log(Level::info, "an issuer's keys were fetched",
                      {{"issuer", origin}, {"keys", reading.keys.keys().size()}});
  }
  if (!skipped.empty() && skipped != task.skipped) {
    shard_.host().log(Level::warn, "some keys of an issuer cannot be used", {{"issuer", origin}, {"keys", skipped}});
  }
  task.skipped = std::move(skipped);
  task.next = shard_.after(settings.refresh, [this, &task] { refresh(task); });
  if (settings.stale.count() > 0) task.stale = shard_.after(settings.stale, [this, &task] { drop_stale(task); });
  end(task, std::make_shared<const jose::KeySet>(std::move(reading.keys)), shard_.now() + settings.early_refresh);
}

void Fetcher::fail(Task& task, const std::string& why) {
  issuers_->metrics_.failed.add(shard_);
  if (task.failures++ == 0) {
    issuers_->metrics_.failing.add(shard_);
    const bool some = task.busy->keys() != nullptr;
    shard_.host().log(Level::warn,
                      some ? "an issuer's keys cannot be fetched, those of before stay in use"
                           : "an issuer's keys cannot be fetched, its tokens open nothing until they are",
                      {{"issuer", task.busy->source().origin()}, {"reason", why}});
  }
  const milliseconds pause = pause_after(task.failures, issuers_->settings_);
  task.next = shard_.after(pause, [this, &task] { refresh(task); });
  end(task, nullptr, shard_.now() + pause);
}

void Fetcher::end(Task& task, std::shared_ptr<const jose::KeySet> keys, milliseconds not_before) {
  const auto issuer = std::exchange(task.busy, nullptr);
  task.deadline.cancel();
  answer(issuer->end(std::move(keys), not_before));
}

// Whoever can keep us from the issuer must not keep a key in use that was taken back long ago.
void Fetcher::drop_stale(Task& task) {
  const auto issuer = task.issuer.lock();
  if (issuer == nullptr) return;
  issuer->drop_keys();
  shard_.host().log(Level::warn, "an issuer's keys are too old, its tokens open nothing until they are fetched",
                    {{"issuer", issuer->source().origin()}});
}

void Fetcher::late(Task& task) {
  const auto issuer = task.issuer.lock();
  if (issuer == nullptr) return;
  const auto waiters = issuer->take_late(shard_.now());
  issuers_->metrics_.overdue.add(shard_, static_cast<std::int64_t>(waiters.size()));
  arm_deadline(task, *issuer);
  answer(waiters);
}

// All wait equally long, so whoever comes later has its turn later.
void Fetcher::arm_deadline(Task& task, const IssuerKeys& issuer) {
  if (task.deadline.waiting()) return;
  const auto next = issuer.next_deadline();
  if (!next) return;
  task.deadline = shard_.after(std::max(*next - shard_.now(), 0ms), [this, &task] { late(task); });
}

void Fetcher::answer(const std::vector<IssuerKeys::Waiter>& waiters) {
  issuers_->metrics_.waiting.add(shard_, -static_cast<std::int64_t>(waiters.size()));
  for (const IssuerKeys::Waiter& each : waiters) each.then();
}

}  // namespace jwks
