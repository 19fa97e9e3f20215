// The endpoints of one listener: one for each stage a connection can be in before its protocol is known.
#pragma once

#include <trellis/configuration/loader.hpp>

#include "app/shard_context.hpp"

namespace trellis::kernel {

using Endpoints = std::vector<std::shared_ptr<ListenerEndpoint>>;

/// Makes the same endpoints on every shard. By shard; connections begin at the first of each. [control]
std::vector<Endpoints> make_endpoints(const Settings& settings, const ListenerSettings& listener,
                                      const Instances& instances, const Domains& domains,
                                      const std::shared_ptr<ListenerState>& state,
                                      const std::vector<std::unique_ptr<ShardContext>>& shards);

}  // namespace trellis::kernel
