/// In which calls, and in which order, resources are sent: what others name or belong to comes before these.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <vector>

#include "ctl/manifests.hpp"

namespace management::ctl {

/// What the broker says of its types.
class TypeOrder {
 public:
  /// The answer of GET /types.
  explicit TypeOrder(const trellis::json::Value& answer);

  /// How many of a type go into one call: no more than the broker takes, and few where they name nobody, since a call
  /// keeps the broker's loop that gets it busy (25 ms for a thousand).
  std::size_t most(std::string_view type) const;
  /// Its place, from 0; those the broker does not know come last, so that it says so.
  std::size_t rank(std::string_view type) const;
  bool knows(std::string_view type) const;
  /// The same for types that name each other or belong to each other, over any number of others.
  std::size_t group(std::string_view type) const;

 private:
  void join(std::string_view type, std::string_view other);

  struct Facts {
    std::size_t rank;
    std::size_t group;
  };
  std::map<std::string, Facts, std::less<>> types_;
  std::size_t batch_operations_ = 1000;
};

/// One call; its resources are of one namespace.
struct Batch {
  std::string name_space;
  std::vector<const Manifest*> manifests;
};

/// Puts what names each other into one call as far as a call takes it: so a plan, which changes nothing, judges it
/// together.
std::vector<Batch> batches_of(const Manifests& manifests, const TypeOrder& order, std::string_view usual_namespace);

}  // namespace management::ctl
