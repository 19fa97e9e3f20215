// The exchanges under way, by the tokens of their questions.
#pragma once

#include <trellis/abi/base.h>

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <trellis/host.hpp>
#include <unordered_map>

#include "exchange.hpp"

namespace scram {

/// Bounded in number and in the time each may take, so that clients who begin and never go on cost a bounded memory.
/// All members may be called from any thread.
class ExchangeTable {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// under_way: a gauge of how many there are.
  ExchangeTable(std::size_t most, Milliseconds lifetime, const trellis::Metric& under_way = {})
      : most_(most), lifetime_(lifetime), under_way_(under_way) {}

  /// Where as many are under way as may be the oldest has to go, and the answer is false: whoever begins and never
  /// goes on shall not keep others out. One of the same token is replaced.
  bool add(trellis_token token, Exchange exchange, Milliseconds now);
  /// Takes it out, so that no exchange is answered twice. Nothing where there is none, or its time is over.
  std::optional<Exchange> take(trellis_token token, Milliseconds now);
  /// Forgets it: the client went away.
  void drop(trellis_token token);

  std::size_t size() const;

 private:
  struct Entry {
    trellis_token token;
    Milliseconds ends;
    Exchange exchange;
  };
  using Entries = std::list<Entry>;  // the oldest first

  void drop_overdue(Milliseconds now);
  void erase(Entries::iterator entry);

  const std::size_t most_;
  const Milliseconds lifetime_;
  const trellis::Metric under_way_;
  mutable std::mutex mutex_;
  Entries entries_;  // guarded by mutex_
  std::unordered_map<trellis_token, Entries::iterator> by_token_;
};

}  // namespace scram
