/// POST of many changes at once: all of them, or none.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "body.hpp"
#include "context.hpp"
#include "route.hpp"
#include "types.hpp"

namespace management {

/// From the request to the answer; owns itself while the broker works on it. Lives on one shard.
class BatchChange {
 public:
  /// dry: only find out. Refuses what can be refused at once; otherwise the answer comes later.
  static void begin(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                    const Caller& caller, bool dry);

 private:
  BatchChange(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
              const Caller& caller, bool dry);

  std::optional<Problem> read(std::string_view body);
  std::optional<Problem> check(BatchLine& line);
  bool is_there(const BatchLine& line) const;
  static void apply(std::unique_ptr<BatchChange> change);
  static void done(void* user, const trellis_resource_result* results, std::uint32_t count);
  void succeed(const trellis_resource_result* results, std::uint32_t count);
  void refuse(const Problem& problem);

  /// Looked up once for all lines of a type.
  struct KnownType {
    std::string name;
    std::string parent;
    SecretPlaces secrets;
    std::vector<std::string> built_in;
  };
  const KnownType& known(const std::string& type);

  Context& context_;
  trellis_shard* const shard_;
  trellis::Reply reply_;
  const Route route_;
  const Author author_;
  const bool dry_;
  std::vector<BatchLine> lines_;
  std::vector<std::uint32_t> asked_;  // which of lines_ each operation is; the others are as they should be
  std::map<std::string, KnownType, std::less<>> types_;
};

}  // namespace management
