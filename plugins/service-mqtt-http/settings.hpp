/// What an administrator sets.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

namespace mqtt_http {

/// What a message may be.
struct MessageLimits {
  std::size_t payload_bytes = 512 * 1024;
  std::size_t retained_bytes = 64 * 1024;
  std::size_t topic_bytes = 256;
  std::size_t topic_levels = 15;
  std::size_t user_property_bytes = 32 * 1024;
  std::size_t property_bytes = 256;  ///< of content type, response topic and correlation data each
  bool format_checked = true;
};

struct Settings {
  static trellis::Schema schema();
  static trellis::Result<Settings> read(const trellis::Config& config);

  MessageLimits limits;
  std::size_t batch_messages = 100;
  std::uint64_t publishes_per_second = 0;  ///< of one client on one shard; 0: none
  std::uint64_t publish_bytes_per_second = 0;
  std::vector<std::string> bearer_methods;
  std::vector<std::string> origins;
  std::size_t retained_scans = 8;       ///< at once, of a shard
  std::size_t deleted_messages = 1000;  ///< of one request
  std::size_t streams = 1000;           ///< of a shard
  std::size_t stream_filters = 10;
  std::size_t stream_bytes = 256 * 1024;
  std::chrono::milliseconds heartbeat{15000};
  std::chrono::milliseconds stalled{60000};
  std::size_t outstanding = 1000;  ///< requests that wait for responses, of a shard
  std::chrono::milliseconds response_timeout{10000};
  std::chrono::milliseconds longest_timeout{120000};
  std::chrono::milliseconds late{30000};
  std::string response_topic;
};

/// The topic responses to one request are awaited at: {client} and {id} filled in. What of a name would be another
/// level or a wildcard is percent-encoded.
std::string response_topic_of(const std::string& pattern, std::string_view client, std::string_view id);

}  // namespace mqtt_http
