/// Receives events, prints and settles them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/event_api.hpp"
#include "ctl/interrupts.hpp"
#include "ctl/output.hpp"
#include "ctl/terminal.hpp"

namespace management::ctl {

struct Reception {
  std::string called;          ///< how errors begin: "receive"
  std::string path;            ///< of the event subscription
  std::string settle = {};     ///< what becomes of what was printed: "acknowledge", "release", "reject"; empty: nothing
  std::string query = {};      ///< of settling: "&releaseDelayInSeconds=10"
  bool unusual_delay = false;  ///< it is none of those that every broker takes
  std::uint32_t most = 10;     ///< events of a request
  std::uint32_t wait_s = 10;   ///< how long a request waits for events
  bool follow = false;         ///< until interrupted, also across restarts of the broker
  std::function<void()> between = {};  ///< called before each request
  std::string where_missing = {};      ///< is said where there is no such event subscription at first
};

/// What was printed, and read by whoever reads a pipe, is settled afterwards; what was received and was not is
/// released.
class Receiver {
 public:
  Receiver(Reception reception, EventApi& api, const Interrupts& interrupts, const Terminal& terminal)
      : reception_(std::move(reception)),
        api_(api),
        interrupts_(interrupts),
        terminal_(terminal),
        output_(terminal.output, interrupts) {}

  /// Answers the exit code.
  int run();

 private:
  int fail(const std::string& why) const;
  void say(const std::string& what) const;
  /// Whether the broker takes the delay of releases; what is wrong with it, or an empty text.
  std::string check_delay();
  int once();
  int follow();
  std::string why_not(const HttpAnswer& answer) const;
  bool print(const trellis::json::Value& one, std::vector<std::string>& printed, trellis::Result<void>& settled);
  bool written() const { return !terminal_.written || terminal_.written(); }
  /// As a full disk is, not as a pipe whose reader went.
  bool broken() const { return !written() && !interrupts_.output_closed(); }
  trellis::Result<HttpAnswer> receive();
  /// How many came; fails where the answer is none, or where settling did.
  trellis::Result<std::size_t> take(const HttpAnswer& answer);
  trellis::Result<void> settle_printed(std::vector<std::string>& tokens);
  trellis::Result<void> settle(const std::string& how, const std::string& query,
                               const std::vector<std::string>& tokens);

  const Reception reception_;
  EventApi& api_;
  const Interrupts& interrupts_;
  const Terminal& terminal_;
  const Output output_;
};

}  // namespace management::ctl
