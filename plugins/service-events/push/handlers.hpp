/// The handlers that subscriptions name, as they run now.
#pragma once

#include <trellis/abi/handler.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/result.hpp>

namespace events_service {

using Handler = trellis::Borrowed<trellis_handler>;

/// A destination that a handler opened; released with it.
class OpenedDestination {
 public:
  /// Or what the handler says. [control or shard]
  static trellis::Result<std::shared_ptr<OpenedDestination>> open(const Handler& handler, const std::string& block);
  ~OpenedDestination() { handler_->release(handler_.instance(), destination_); }
  OpenedDestination(const OpenedDestination&) = delete;
  OpenedDestination& operator=(const OpenedDestination&) = delete;

  const Handler& handler() const noexcept { return handler_; }
  void* get() const noexcept { return destination_; }

 private:
  OpenedDestination(const Handler& handler, void* destination) : handler_(handler), destination_(destination) {}

  Handler handler_;
  void* destination_;
};

class Handlers {
 public:
  /// Looks for these, and forgets all others. [control]
  void look_for(const trellis::Host& host, const std::set<std::string>& names);
  /// Nothing where no such plugin runs, or it is no handler. [any] takes a lock
  std::optional<Handler> find(std::string_view name) const;
  /// Whether anybody has looked yet. [any] takes a lock
  bool known() const;

 private:
  mutable std::mutex mutex_;
  bool known_ = false;
  std::map<std::string, Handler, std::less<>> found_;
};

}  // namespace events_service
