// What a broker asks of a plugin while it runs, made up for each kind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <vector>

namespace trellis::check {

/// What only the plugin's author can know.
struct Samples {
  std::optional<std::string> filter;       // of a predicate
  std::optional<std::string> destination;  // of a handler
};

class Traffic {
 public:
  /// For a running instance. Null with the reason where it cannot be asked anything without a sample.
  static std::unique_ptr<Traffic> of(testing::Instance& instance, const Samples& samples, std::string& why_not);

  Traffic() = default;
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  virtual ~Traffic() = default;

  /// Asks a little of everything on one shard. Also from TestHost::at_once().
  virtual void run(std::uint32_t shard) = 0;
  /// Asks once about that many messages or questions, always the same ones. Nothing for kinds without batches.
  virtual void batch(std::uint32_t) {}
};

/// Messages of several kinds, always the same.
std::vector<testing::Sample> sample_messages(std::size_t count);

}  // namespace trellis::check
