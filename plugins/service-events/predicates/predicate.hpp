/// What a route or an event subscription lets a predicate plugin choose.
#pragma once

#include <trellis/abi/filter.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <trellis/shard.hpp>

namespace events_service {

/// Of one resource as it is at the time.
class Predicate {
 public:
  static trellis::Schema schema();
  /// Of the resource's properties; null where it has none.
  static std::shared_ptr<Predicate> read(const trellis::Config& properties);

  const std::string& plugin() const noexcept { return plugin_; }
  /// Whether there is such a plugin, and takes the filter. Refusals name the place. [control]
  trellis::Result<void> check(const trellis::Host& host) const;
  /// Has the filter compiled by whoever runs now. [control]
  trellis::Result<void> look(const trellis::Host& host);
  /// Whether each passes. False where the plugin does not run: nobody can say. [shard]
  bool judge(const trellis::Shard& shard, std::span<const trellis_message* const> messages, std::span<bool> passes);

 private:
  using Lender = trellis::Borrowed<trellis_predicate>;
  /// Released with it.
  struct Compiled {
    Lender lender;
    void* filter;
    Compiled(const Lender& by, void* compiled) : lender(by), filter(compiled) {}
    ~Compiled() { lender->release(lender.instance(), filter); }
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
  };

  Predicate(std::string plugin, std::string filter) : plugin_(std::move(plugin)), filter_(std::move(filter)) {}
  trellis::Result<std::shared_ptr<const Compiled>> compile(const trellis::Host& host, const Compiled* before) const;

  const std::string plugin_;  // as the configuration calls it
  const std::string filter_;  // JSON
  std::mutex mutex_;          // of compiled_
  std::shared_ptr<const Compiled> compiled_;
  std::atomic<bool> told_{false};  // that it misbehaves
};

/// An event as predicates see it: a message in structured mode. Views; both have to outlive it.
trellis_message as_message(std::string_view topic, std::string_view event) noexcept;

}  // namespace events_service
