// What a client of one cluster is made with.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

#include "settings.hpp"

namespace kafka {

struct FreeConf {
  void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, FreeConf>;

/// librdkafka's properties, in the order written. Two destinations with the same share a client.
class ClientSettings {
 public:
  void set(std::string_view name, std::string_view value) { pairs_.emplace_back(name, value); }
  /// All of them as one text, secrets too: for comparing, never for showing.
  std::string identity() const;
  /// As the library has it, or which property it does not take: without the value.
  trellis::Result<Conf> conf() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// What every client has: all replicas acknowledge, what is sent again is written once, waits end.
void set_usual(ClientSettings& client, const Settings& settings, std::chrono::milliseconds message_timeout);

}  // namespace kafka
