// A running broker with settings of its own, as one administrator has it: the test writes the pieces of the
// configuration it is about, changes them while the broker runs, and reads what the broker tells about itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/http_get.hpp"
#include "support/mqtt_test.hpp"

namespace trellis::testing {

/// Pieces of a configuration file, each JSON members without the braces around them, as in R"("memory": "8MiB")".
/// Two listeners, "mqtt" and "admin", are always there.
struct Site {
  unsigned shards = 1;
  std::string limits{};     // of the process
  std::string log{};        // as in the file
  std::string plugins{};    // instances
  std::string listener{};   // further settings of the listener "mqtt"
  std::string listeners{};  // further listeners, each followed by a comma
  std::string space{};      // further settings of the namespace
  std::string spaces{};     // further namespaces, each followed by a comma
  std::string mqtt{};       // what the namespace sets for transport-mqtt
  std::string authenticators = R"("authenticator-anonymous")";
  std::string authorizers = R"("authorizer-allow-all")";

  std::string config() const;
};

class SiteTest : public MqttTest {
 protected:
  static constexpr std::chrono::seconds kPatience{20};  // generous: sanitizer builds on a busy machine

  void start(const Site& site) { broker_ = Broker::with_config(site.config()); }
  Broker& broker() override { return *broker_; }
  void TearDown() override;

  /// A file in the broker's own directory, which relative paths of its configuration start from.
  std::string write(const std::string& name, const std::string& text);

  /// Writes the configuration, sends SIGHUP and waits for the outcome: whether it was taken over.
  bool reload(const Site& site) { return reload_text(site.config()); }
  bool reload_text(const std::string& config);

  /// Sends SIGTERM and waits for the end; the exit code, or nothing when the broker was still there after `deadline`.
  std::optional<int> terminate(std::chrono::milliseconds deadline = kPatience);
  /// The exit code of a broker that is ending already.
  std::optional<int> exit_code(std::chrono::milliseconds deadline = kPatience);

  Metrics metrics() { return Metrics::of(broker().port("admin")); }
  /// Polls until the condition holds; false when it never did.
  static bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience = kPatience);
  /// Waits until a metric has that value and reports a failure otherwise.
  void expect_metric(const std::string& name, const std::string& label, double value);

  /// Port of a listener that a reload opened, as the log tells it.
  std::uint16_t logged_port(const std::string& listener);

  static std::size_t count(const std::string& text, const std::string& part);

 private:
  std::unique_ptr<Broker> broker_;
};

}  // namespace trellis::testing
