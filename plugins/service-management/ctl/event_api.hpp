/// The event API as the command sees it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <utility>

#include "ctl/connection.hpp"
#include "ctl/server.hpp"
#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

struct EventCall {
  std::string method = "POST";
  std::string path;        ///< encoded: "/topics/orders:publish"
  std::string query = {};  ///< beside the version: "&maxEvents=10"
  std::string body = {};
  std::string media_type = {};
  std::chrono::seconds more{0};  ///< time beside that for an answer
  int interrupt = -1;            ///< see Connection::ask()
};

class EventApi {
 public:
  /// By --events and --key, and the environment; fails with what is missing.
  static trellis::Result<std::unique_ptr<EventApi>> open(const CtlRequest& request, const Terminal& terminal);

  /// Whatever status comes.
  trellis::Result<HttpAnswer> ask(EventCall call);
  /// The JSON of the answer, or why there is none.
  trellis::Result<Json> get(EventCall call);

 private:
  EventApi(Address address, std::string key, std::chrono::seconds timeout)
      : connection_(std::move(address)), key_(std::move(key)), timeout_(timeout) {}

  Connection connection_;
  const std::string key_;  // empty: none is shown
  const std::chrono::seconds timeout_;
};

/// "/topics/orders"
std::string topic_path(std::string_view topic);
/// "/topics/orders/eventsubscriptions/audit" of "orders/audit".
trellis::Result<std::string> subscription_path(std::string_view name);

}  // namespace management::ctl
