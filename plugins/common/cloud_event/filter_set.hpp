// Many filters at once: which of them an event passes, without judging each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/cloud_event/filter.hpp"

namespace cloud_event {

/// Never changes, so that all threads may ask at once.
///
/// A filter that can only pass where some key equals one of few values, or begins with one of them, waits in a table
/// under these values: of its conditions the one whose values the fewest other filters name. An event is read once for
/// the keys of all filters; what it finds in the tables under its values is judged, and so are the filters without such
/// a condition.
class FilterSet {
 public:
  using Id = std::uint64_t;
  using Members = std::vector<std::pair<Id, std::shared_ptr<const Filter>>>;

  explicit FilterSet(Members members);

  /// Adds the ids of the filters that the event passes, in no order.
  void find(const Event& event, std::vector<Id>& ids) const;

  std::size_t size() const noexcept { return members_.size(); }
  /// Filters that every event is judged by.
  std::size_t unindexed() const noexcept { return always_.size(); }

 private:
  using Index = std::uint32_t;  // of a member
  struct Member {
    Id id = 0;
    std::shared_ptr<const Filter> filter;
    std::vector<std::uint32_t> slots;  // of all filters' keys, for each slot of its own
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  using ByText = std::unordered_map<std::string, std::vector<Index>, TextHash, std::equal_to<>>;
  using ByNumber = std::unordered_map<Number, std::vector<Index>, NumberHash>;
  struct Table {
    std::uint32_t slot = 0;
    ByText equal;
    ByText begin;
    std::vector<std::size_t> lengths;  // of the texts in `begin`, in order
    ByNumber numbers;
  };
  class Builder;
  class Search;

  Keys keys_;
  std::size_t event_bytes_ = 0;
  std::vector<Member> members_;
  std::vector<Index> always_;
  std::vector<Table> tables_;
};

}  // namespace cloud_event
