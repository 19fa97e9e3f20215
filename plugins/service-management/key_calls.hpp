/// The access keys of a namespace, key1 and key2: what they are, and new ones.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "context.hpp"
#include "route.hpp"

namespace management {

/// POST /namespaces/NS/listKeys: {"key1": …, "key2": …}, null where there is none.
void list_keys(const Context& context, const Route& route, trellis::Reply& reply);

/// POST /namespaces/NS/regenerateKey with {"keyName": "key1"}: both, once the new one counts. Owns itself while the
/// broker works on it. Lives on one shard.
class KeyRegeneration {
 public:
  static void begin(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                    const Caller& caller);

 private:
  KeyRegeneration(Context& context, const trellis::Request& request, trellis::Reply reply, Route route,
                  const Caller& caller);

  std::optional<Problem> read(std::string_view body);
  std::optional<Problem> prepare();
  static void apply(std::unique_ptr<KeyRegeneration> call);
  static void done(void* user, const trellis_resource_result* results, std::uint32_t count);
  void refuse(const Problem& problem);
  std::string what() const;

  Context& context_;
  trellis_shard* const shard_;
  trellis::Reply reply_;
  const Route route_;
  const Author author_;
  std::string name_;        // "key1"
  std::string properties_;  // with the new key
  std::int64_t expected_ = 0;
};

}  // namespace management
