// The store of tests/support/store-faulty as a test tells it what to do.
#pragma once

#include <cstdint>
#include <string>

namespace trellis::testing {

/// The store in a folder of a running broker. What it does not take throws std::runtime_error.
class FaultyStore {
 public:
  explicit FaultyStore(std::string folder) : folder_(std::move(folder)) {}

  /// The instance "store-journal" of a configuration; `config` are its settings beside the path, each behind a comma.
  static std::string plugin(const std::string& config = "");

  /// A line of store-faulty/faulty_disk.hpp or faults.hpp; answers what comes behind "ok". It holds once this returns.
  std::string tell(const std::string& line) const;
  /// No faults any more; answers how often they struck.
  std::uint64_t clear() const { return std::stoull(tell("clear")); }
  /// Returns once faults struck so often.
  void wait(std::uint64_t strikes) const { tell("wait " + std::to_string(strikes)); }
  /// The power goes; nothing, or what could be: "none" and "all" of what was not synced is there afterwards.
  void cut(const std::string& stays = "") const;
  /// Lines for every start of the broker from the next on.
  void at_start(const std::string& lines) const;

 private:
  std::string ask(const std::string& line) const;

  std::string folder_;
};

}  // namespace trellis::testing
