// One HTTP request, and the metrics page as numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace trellis::testing {

struct HttpAnswer {
  int status = 0;
  std::string head{};
  std::string body{};
};

/// GET on loopback over a connection of its own. Throws when there is no complete answer within ten seconds.
HttpAnswer http_get(std::uint16_t port, const std::string& path, const std::string& host = "localhost");

/// Prometheus text, taken apart. Throws where a line is not of that format.
class Metrics {
 public:
  explicit Metrics(std::string_view text);
  static Metrics of(std::uint16_t port);

  /// Sum over every series of that name whose labels contain `label`, for example reason="queue_full". Throws when
  /// there is no such series: a misspelt name must not pass for a zero.
  double sum(const std::string& name, std::string_view label = {}) const;
  bool has(const std::string& name) const;
  /// Messages that were matched and are neither delivered nor queued, expired, dead-lettered or dropped. Other than 0
  /// only while they move.
  double unaccounted(std::string_view label = {}) const;

 private:
  std::multimap<std::string, std::pair<std::string, double>> series_;  // labels and value by name
};

}  // namespace trellis::testing
