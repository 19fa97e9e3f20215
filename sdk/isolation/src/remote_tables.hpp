// The tables of an isolated plugin, as the kernel calls them.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/service.h>

#include "frames.hpp"

namespace trellis::isolation {

/// `instance` of their functions is a Remote, `shard` a RemoteShard.
class RemoteTables {
 public:
  RemoteTables();
  /// What the plugin said of its own. Functions it has not are missing here, too.
  void set(std::uint32_t kind, const TableFacts& facts);
  const void* of_kind(std::uint32_t kind) const;

 private:
  trellis_authenticator authenticator_;
  trellis_authorizer authorizer_;
  trellis_handler handler_;
  trellis_layer layer_;
  trellis_predicate predicate_;
  trellis_service service_;
  trellis_stage stage_;
};

/// That of layers, with all functions.
const trellis_layer& remote_layer() noexcept;

}  // namespace trellis::isolation
