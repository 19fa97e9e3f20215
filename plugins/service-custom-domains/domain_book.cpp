#include "domain_book.hpp"

#include <algorithm>
#include <utility>

#include "proof.hpp"

namespace custom_domains {
namespace {

// Panels of name servers add blanks and quotes now and then.
std::string_view bare(std::string_view text) {
  static constexpr std::string_view kAround = " \t\r\n\"";
  const std::size_t first = text.find_first_not_of(kAround);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kAround) - first + 1);
}

}  // namespace

std::string_view to_text(Validation validation) noexcept {
  if (validation == Validation::approved) return "Approved";
  return validation == Validation::pending ? "Pending" : "ErrorRetrievingDnsRecord";
}

Entry DomainBook::made(const trellis::Domain& domain, milliseconds now) const {
  Entry entry;
  entry.name = domain.name;
  entry.name_space = domain.name_space;
  entry.record_value = record_value(secret_, domain.name_space, domain.name);
  entry.needs_proof = domain.state != trellis::DomainState::unchecked;
  // One that is approved already was so by an instance before this one: it is looked at soon, but stays.
  if (domain.state != trellis::DomainState::pending) entry.validation = Validation::approved;
  entry.delay = intervals_.check;
  entry.due = now;
  return entry;
}

std::vector<std::string> DomainBook::sync(const std::vector<trellis::Domain>& configured, milliseconds now) {
  std::vector<std::string> waiting;
  std::map<std::string, Entry, std::less<>> kept;
  for (const trellis::Domain& domain : configured) {
    if (domain.state == trellis::DomainState::host) continue;
    const auto known = entries_.find(domain.name);
    const bool approved = domain.state != trellis::DomainState::pending;
    const bool checked = domain.state != trellis::DomainState::unchecked;
    const bool same = known != entries_.end() && known->second.name_space == domain.name_space &&
                      known->second.needs_proof == checked &&
                      (known->second.validation == Validation::approved) == approved;
    Entry entry = same ? std::move(known->second) : made(domain, now);
    if (!same && !approved) waiting.push_back(domain.name);
    kept.emplace(domain.name, std::move(entry));
  }
  entries_ = std::move(kept);
  return waiting;
}

std::vector<std::string> DomainBook::take_due(milliseconds now, std::size_t most) {
  std::vector<std::string> due;
  for (auto& [name, entry] : entries_) {
    if (due.size() == most) break;
    if (!entry.needs_proof || entry.asked || entry.due > now) continue;
    entry.asked = true;
    due.push_back(name);
  }
  return due;
}

Change DomainBook::answered(std::string_view name, trellis::Status status, const std::vector<std::string_view>& texts,
                            milliseconds now) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return Change::none;
  Entry& entry = found->second;
  entry.asked = false;
  if (status != trellis::Status::ok && status != trellis::Status::no_match) return unreachable(entry, now);
  const bool matches =
      std::any_of(texts.begin(), texts.end(), [&](std::string_view text) { return bare(text) == entry.record_value; });
  return matches ? proved(entry, now) : not_proved(entry, !texts.empty(), now);
}

Change DomainBook::proved(Entry& entry, milliseconds now) const {
  entry.misses = 0;
  entry.due = now + intervals_.revalidation;
  return std::exchange(entry.validation, Validation::approved) == Validation::approved ? Change::none
                                                                                       : Change::approved;
}

Change DomainBook::not_proved(Entry& entry, bool has_records, milliseconds now) const {
  if (entry.validation == Validation::approved) {
    entry.due = now + intervals_.revalidation;
    if (++entry.misses < kMisses) return Change::missed;
    entry.misses = 0;
    entry.validation = Validation::pending;
    entry.delay = intervals_.check;
    entry.due = now + intervals_.check;
    return Change::withdrawn;
  }
  entry.validation = Validation::pending;
  wait_longer(entry, now);
  const bool before = std::exchange(entry.mismatched, has_records);
  return has_records && !before ? Change::mismatch : Change::none;
}

// Says nothing about the record, so it withdraws nothing.
Change DomainBook::unreachable(Entry& entry, milliseconds now) const {
  if (entry.validation == Validation::approved) {
    entry.due = now + intervals_.longest_check;
    return Change::none;
  }
  wait_longer(entry, now);
  return std::exchange(entry.validation, Validation::error) == Validation::error ? Change::none : Change::unreachable;
}

void DomainBook::wait_longer(Entry& entry, milliseconds now) const {
  entry.due = now + entry.delay;
  entry.delay = std::min(entry.delay * 2, std::max(intervals_.longest_check, intervals_.check));
}

bool DomainBook::ask_now(std::string_view name, milliseconds now) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.needs_proof) return false;
  found->second.due = now;
  found->second.delay = intervals_.check;
  return true;
}

milliseconds DomainBook::next_due(milliseconds latest) const {
  for (const auto& [name, entry] : entries_) {
    if (entry.needs_proof && !entry.asked) latest = std::min(latest, entry.due);
  }
  return latest;
}

const Entry* DomainBook::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

std::size_t DomainBook::count(Validation validation) const {
  return static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.second.validation == validation; }));
}

}  // namespace custom_domains
