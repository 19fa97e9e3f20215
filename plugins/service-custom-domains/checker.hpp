/// Looks the records up, on one shard.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/dial.hpp>
#include <vector>

#include "domain_book.hpp"

namespace custom_domains {

class Checker;

/// What the shards share.
struct Shared {
  Shared(std::string secret, Intervals times) : intervals(times), book(std::move(secret), times) {}

  const Intervals intervals;
  std::mutex mutex;
  DomainBook book;             // guarded by mutex, as is what the kernel is told of it
  Checker* checker = nullptr;  // of the first shard, while it is there; used on that shard only
};

struct CheckMetrics {
  std::array<trellis::Metric, 3> domains;  // by Validation
  trellis::Metric found, missing, unreachable;
};

/// Belongs to the first shard. Checks what is due, tells the kernel, and waits.
class Checker {
 public:
  Checker(Shared& shared, const CheckMetrics& metrics, const trellis::Shard& shard);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  /// Looks what the configuration has, and looks up what is due.
  void turn();

 private:
  void sync();  ///< the mutex is held
  void ask(const std::string& name);
  void answered(const std::string& name, trellis::Status status, const std::vector<std::string_view>& texts);
  void tell(const Entry& entry, Change change) const;
  void announce(const Entry& entry, std::string_view sentence) const;
  void count_domains();
  void set(Validation validation, std::int64_t count);

  Shared& shared_;
  const CheckMetrics& metrics_;
  const trellis::Shard& shard_;
  std::array<std::int64_t, 3> counted_{};
  std::map<std::string, trellis::TextLookup> lookups_;  // under way
  trellis::Timer timer_;
};

}  // namespace custom_domains
