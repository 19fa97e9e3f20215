#include "common/jwks/issuers.hpp"

#include <utility>

#include "common/jwks/fetcher.hpp"

namespace jwks {

Metrics Metrics::declare(const trellis::Host& host, std::string_view labels) {
  static constexpr std::string_view kFetches = "Key sets asked for, by what came of it.";
  const std::string all(labels);
  Metrics metrics;
  metrics.fetched = host.counter("trellis_jwks_fetches_total", kFetches, all + ",outcome=\"fetched\"");
  metrics.failed = host.counter("trellis_jwks_fetches_total", kFetches, all + ",outcome=\"failed\"");
  metrics.failing = host.gauge("trellis_jwks_failing", "Issuers whose keys could not be fetched the last time.", all);
  metrics.waiting = host.gauge("trellis_jwks_waiting", "Questions that wait for an issuer's keys.", all);
  metrics.overdue =
      host.counter("trellis_jwks_overdue_total", "Questions whose time was over before an issuer's keys came.", all);
  return metrics;
}

std::shared_ptr<IssuerKeys> Issuers::get(const Source& source) {
  std::shared_ptr<IssuerKeys> issuer;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(issuers_, [](const auto& each) { return each.second.expired(); });
    auto& known = issuers_[source];
    issuer = known.lock();
    if (issuer != nullptr) return issuer;
    issuer = std::make_shared<IssuerKeys>(source);
    known = issuer;
    if (stopped_) issuer->close();
  }
  serve_soon(issuer);
  return issuer;
}

Waiting Issuers::wait(const trellis::Shard& shard, const std::shared_ptr<IssuerKeys>& issuer, const jose::KeySet* seen,
                      std::uint64_t number, IssuerKeys::Then then) {
  const auto now = shard.now();
  const Waiting waiting = issuer->join(seen, now, settings_.waiting, {number, now + settings_.wait, std::move(then)});
  if (waiting != Waiting::waits) return waiting;
  metrics_.waiting.add(shard);
  serve_soon(issuer);
  return waiting;
}

void Issuers::forget(IssuerKeys& issuer, std::uint64_t number) {
  if (issuer.forget(number)) metrics_.waiting.add_any(-1);
}

std::vector<std::shared_ptr<IssuerKeys>> Issuers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  return all();
}

std::vector<std::shared_ptr<IssuerKeys>> Issuers::all() {
  std::vector<std::shared_ptr<IssuerKeys>> list;
  const std::lock_guard lock(mutex_);
  for (const auto& [source, known] : issuers_) {
    if (auto issuer = known.lock()) list.push_back(std::move(issuer));
  }
  return list;
}

void Issuers::serve_soon(std::shared_ptr<IssuerKeys> issuer) {
  host_.post(0, [self = shared_from_this(), issuer = std::move(issuer)] {
    if (self->fetcher_ != nullptr) self->fetcher_->serve(issuer);
  });
}

}  // namespace jwks
