/// The last changes, for those who watch.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>
#include <utility>
#include <vector>

namespace management {

/// What became of a resource since somebody looked: the sum of all its changes.
struct WatchedChange {
  std::string name;
  bool created = false;        ///< otherwise it was there before
  std::uint64_t position = 0;  ///< from which on it would be told again
};

/// Remembers which resources changed, not how: whoever asks gets what there is now, so many changes of one resource are
/// one. Positions are of this ring alone: those of another one, as after a restart, are past. [any]
class ChangeRing {
 public:
  /// name: differs from that of every other ring there was.
  ChangeRing(std::string name, std::size_t size) : name_(std::move(name)), size_(size) {}

  void add(const std::vector<trellis::ResourceChange>& changes);

  /// Behind everything there is.
  std::uint64_t end() const;
  std::string to_text(std::uint64_t position) const { return name_ + '-' + std::to_string(position); }
  /// Nothing where it is past or never was.
  std::optional<std::uint64_t> from_text(std::string_view text) const;

  /// Changes of one collection, of names with that prefix, behind a position, at most that many, in the order in which
  /// they began; and where the next ones begin. Nothing where the position is past.
  struct Window {
    std::vector<WatchedChange> changes;
    std::uint64_t end = 0;
  };
  std::optional<Window> since(std::uint64_t position, std::string_view name_space, std::string_view type,
                              std::string_view prefix, std::size_t most) const;

 private:
  struct Entry {
    std::uint32_t collection;
    bool created;
    std::string name;
  };
  std::uint32_t number_of(std::string_view name_space, std::string_view type);

  const std::string name_;
  const std::size_t size_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> collections_;  // numbers for namespace and type
  std::deque<Entry> entries_;
  std::uint64_t begin_ = 0;  // position of the first entry
};

}  // namespace management
