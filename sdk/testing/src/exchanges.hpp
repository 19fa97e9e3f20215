// Requests that a service keeps beyond its call: whose they are, answers piece by piece, and their end.
#pragma once

#include <trellis/abi/service.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace trellis::testing {

class Instance;
class World;
struct FakeConnection;
struct RequestSample;

/// The protocol's side of one request. Plugins get the pointer.
struct FakeExchange {
  World* world = nullptr;
  Instance* instance = nullptr;
  const RequestSample* request = nullptr;  // within its call
  std::uint32_t shard = 0;
  trellis_token token = 0;
  // Of one that is kept.
  FakeConnection* connection = nullptr;  // its client's
  const trellis_exchange_user* table = nullptr;
  void* user = nullptr;
  bool streams = false;
};

/// Those of a world that are kept, or were: plugins may hold on to pointers.
struct FakeExchanges {
  /// Tells those who keep one that it was answered, or that its client has gone. Whether there was any.
  bool tell_of_ends(World& world);
  /// The instance stops, and with it whatever brought its requests.
  void end_all(World& world, const Instance& instance);

  std::vector<FakeExchange*> kept;                 // guarded by the world's mutex
  std::vector<std::unique_ptr<FakeExchange>> all;  // those too; guarded by the world's mutex
};

/// What plugins call.
const trellis_exchanges* exchange_table();
inline trellis_exchange* handle_of(FakeExchange& exchange) { return reinterpret_cast<trellis_exchange*>(&exchange); }

}  // namespace trellis::testing
