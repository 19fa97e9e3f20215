#include "exchange_table.hpp"

#include <utility>

namespace scram {

bool ExchangeTable::add(trellis_token token, Exchange exchange, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_token_.find(token); found != by_token_.end()) erase(found->second);
  drop_overdue(now);
  const bool room = entries_.size() < most_;
  if (!room) erase(entries_.begin());
  entries_.push_back({token, now + lifetime_, std::move(exchange)});
  by_token_[token] = std::prev(entries_.end());
  under_way_.add_any(1);
  return room;
}

std::optional<Exchange> ExchangeTable::take(trellis_token token, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  drop_overdue(now);
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return std::nullopt;
  std::optional<Exchange> exchange(std::move(found->second->exchange));
  erase(found->second);
  return exchange;
}

void ExchangeTable::drop(trellis_token token) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_token_.find(token); found != by_token_.end()) erase(found->second);
}

std::size_t ExchangeTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void ExchangeTable::drop_overdue(Milliseconds now) {
  while (!entries_.empty() && entries_.front().ends <= now) erase(entries_.begin());
}

void ExchangeTable::erase(Entries::iterator entry) {
  by_token_.erase(entry->token);
  entries_.erase(entry);
  under_way_.add_any(-1);
}

}  // namespace scram
