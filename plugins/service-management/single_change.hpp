/// PUT, PATCH and DELETE of one resource.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context.hpp"
#include "entity_tags.hpp"
#include "route.hpp"

namespace management {

/// From the request to the answer; owns itself while the broker works on it. Lives on one shard.
class SingleChange {
 public:
  /// Refuses what can be refused at once; otherwise the answer comes later.
  static void begin(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                    const Caller& caller);

 private:
  SingleChange(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
               const Caller& caller);

  std::optional<Problem> read(const trellis::Request& request);
  std::optional<Problem> read_conditions(const trellis::Request& request);
  std::optional<Problem> prepare();
  std::optional<Problem> find_children();
  bool again(const trellis_resource_result& failure) const;
  static void apply(std::unique_ptr<SingleChange> change);
  static void done(void* user, const trellis_resource_result* results, std::uint32_t count);
  void succeed(const trellis_resource_result* results, std::uint32_t count);
  void refuse(Problem problem);
  std::string what() const { return route_.type + '/' + route_.name; }

  Context& context_;
  trellis_shard* const shard_;
  trellis::Reply reply_;
  const Route route_;
  const Author author_;
  std::uint32_t kind_;      // TRELLIS_RESOURCE_…, as asked for
  std::string properties_;  // as asked for
  std::optional<EntityTags> match_;
  bool only_new_ = false;

  // What the broker is asked for.
  std::uint32_t kind_now_ = 0;
  std::string properties_now_;
  std::int64_t expected_ = -1;
  struct Child {
    std::string type, name;
    bool operator==(const Child&) const = default;
  };
  std::vector<Child> children_;  // that go with it
  bool guessed_ = false;         // expected_ is what was found, nothing the caller said: another one may fit as well
  int tries_ = 0;
};

}  // namespace management
