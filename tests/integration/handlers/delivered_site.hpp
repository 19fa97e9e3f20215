// A broker whose topic "orders" is pushed to one destination, and the question whether all of it got there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/site.hpp"

namespace trellis::testing {

/// A numbered event as a peer has it.
struct Arrived {
  std::size_t number = 0;    // what its id says
  std::string subject = {};  // "key-" and number % keys
};

/// Takes the broker and a peer through what happens to both. Events are numbered from 0 on; number i has the id "i",
/// the subject "key-<i % keys>" and the data {"number":i}.
class DeliveredSite : public SiteTest {
 protected:
  static constexpr std::size_t kKeys = 7;
  static constexpr std::size_t kEvents = 10'000;

  /// Starts a broker with one push subscription, "orders/push". `handlers` are instances as in the file, each followed
  /// by a comma; `destination` is the block of the subscription, `push` further settings of it.
  void deliver_to(const std::string& handlers, const std::string& destination, const std::string& push = "");
  /// The same again with another destination, by reload.
  void deliver_elsewhere(const std::string& destination, const std::string& push = "");
  /// Publishes the next so many events in batches of 100, each of which the broker has to accept.
  void publish(std::size_t count);
  std::size_t published() const noexcept { return published_; }
  /// Events that were settled as delivered.
  double delivered();
  double refused();
  /// Waits until nothing of the subscription is left to deliver.
  bool all_delivered(std::chrono::milliseconds patience = std::chrono::seconds(60));

  /// Publishes events while the subscription is paused, and prints how many a second are delivered once it goes on:
  /// 1,000, or as many as TRELLIS_MEASURED_EVENTS says, for figures that mean something; `most` bounds that for
  /// a peer that is slow itself. Everything arrives.
  void measure(const std::string& name, const std::string& handlers, const std::string& destination,
               std::size_t most = SIZE_MAX);

  /// Every number below `count` is there at least once, and the first arrivals of each subject came in order.
  static void expect_complete(const std::vector<Arrived>& arrived, std::size_t count);
  /// A port of loopback nobody listens on, for a peer that has to come back where it was.
  static std::uint16_t free_port();

  std::string outbound_;       // further settings of the file's "outbound", each with a comma before it
  TemporaryDirectory folder_;  // of the broker's resources, and for a peer's own files

 private:
  Site site() const;
  void write_resources(const std::string& destination, const std::string& push);

  std::string handlers_;
  std::size_t published_ = 0;
};

}  // namespace trellis::testing
