#include "checker.hpp"

#include <algorithm>

#include "proof.hpp"

namespace custom_domains {
namespace {

// Look-ups at the same time: a configuration with thousands of domains is no reason to flood a name server.
constexpr std::size_t kAtOnce = 8;

}  // namespace

Checker::Checker(Shared& shared, const CheckMetrics& metrics, const trellis::Shard& shard)
    : shared_(shared), metrics_(metrics), shard_(shard) {
  shared_.checker = this;
  timer_ = shard_.after(milliseconds(0), [this] { turn(); });
}

Checker::~Checker() {
  shared_.checker = nullptr;
  for (const Validation each : {Validation::pending, Validation::approved, Validation::error}) set(each, 0);
}

void Checker::turn() {
  const milliseconds now = shard_.now();
  std::vector<std::string> due;
  milliseconds next{0};
  {
    const std::lock_guard lock(shared_.mutex);
    sync();
    due = shared_.book.take_due(now, kAtOnce - std::min(kAtOnce, lookups_.size()));
    next = shared_.book.next_due(now + shared_.intervals.check);
    count_domains();
  }
  for (const std::string& name : due) ask(name);
  // What is due but has no room is asked when a look-up ends.
  const bool full = lookups_.size() >= kAtOnce;
  const milliseconds delay = full ? shared_.intervals.check : std::max(next - now, milliseconds(1));
  timer_ = shard_.after(delay, [this] { turn(); });
}

// With the configuration, whose namespaces may have exchanged their claims since.
void Checker::sync() {
  for (const std::string& name : shared_.book.sync(trellis::domains(shard_.host()), shard_.now())) {
    announce(*shared_.book.find(name), "a domain waits for its proof: publish this TXT record");
  }
}

void Checker::ask(const std::string& name) {
  lookups_[name] = {shard_, record_name(name),
                    [this, name](trellis::Status status, const std::vector<std::string_view>& texts) {
                      answered(name, status, texts);
                    }};
}

void Checker::answered(const std::string& name, trellis::Status status, const std::vector<std::string_view>& texts) {
  // A copy: the name is the look-up's, which goes now.
  const std::string domain = name;
  lookups_.erase(domain);
  {
    const std::lock_guard lock(shared_.mutex);
    sync();
    const Change change = shared_.book.answered(domain, status, texts, shard_.now());
    if (change == Change::approved) trellis::set_approved(shard_.host(), domain, true);
    if (change == Change::withdrawn) trellis::set_approved(shard_.host(), domain, false);
    if (const Entry* entry = shared_.book.find(domain)) tell(*entry, change);
  }
  const trellis::Metric& outcome = status == trellis::Status::ok         ? metrics_.found
                                   : status == trellis::Status::no_match ? metrics_.missing
                                                                         : metrics_.unreachable;
  outcome.add(shard_);
  turn();
}

void Checker::tell(const Entry& entry, Change change) const {
  using trellis::Level;
  const trellis::Host& host = shard_.host();
  switch (change) {
    case Change::none:
      return;
    case Change::approved:
      return host.log(Level::info, "a domain is approved", {{"domain", entry.name}, {"namespace", entry.name_space}});
    case Change::missed:
      return host.log(Level::warn, "an approved domain's TXT record is not there; it stays approved for now",
                      {{"domain", entry.name},
                       {"record", record_name(entry.name)},
                       {"times", entry.misses},
                       {"withdrawn_at", DomainBook::kMisses}});
    case Change::withdrawn:
      return host.log(Level::warn, "a domain is no longer approved: its TXT record is gone",
                      {{"domain", entry.name}, {"namespace", entry.name_space}, {"record", record_name(entry.name)}});
    case Change::mismatch:
      return announce(entry, "a domain has TXT records, but not this one");
    case Change::unreachable:
      return host.log(Level::warn, "the name servers do not answer for a domain's TXT record",
                      {{"domain", entry.name}, {"record", record_name(entry.name)}});
  }
}

void Checker::announce(const Entry& entry, std::string_view sentence) const {
  shard_.host().log(trellis::Level::info, sentence,
                    {{"domain", entry.name},
                     {"namespace", entry.name_space},
                     {"record", record_name(entry.name)},
                     {"value", entry.record_value}});
}

void Checker::count_domains() {
  for (const Validation each : {Validation::pending, Validation::approved, Validation::error}) {
    set(each, static_cast<std::int64_t>(shared_.book.count(each)));
  }
}

void Checker::set(Validation validation, std::int64_t count) {
  const auto index = static_cast<std::size_t>(validation);
  metrics_.domains[index].add(shard_, count - std::exchange(counted_[index], count));
}

}  // namespace custom_domains
