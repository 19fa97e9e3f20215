// Counts allocations: a request with a good key or a token that is known costs none.

#include "common/allocation_count/allocation_count.hpp"
#include "fixture.hpp"

namespace events_service {
namespace {

trellis_pair pair(std::string_view name, std::string_view value) { return {trellis::view(name), trellis::view(value)}; }

class NoAllocation : public AccessTest {
 protected:
  /// Judged again and again: how often memory was asked for once it is known.
  std::size_t allocations_of(std::string_view name, const std::string& value, std::uint32_t& refusals) {
    const trellis_pair fields[] = {pair("accept", "application/json"), pair(name, value)};
    const trellis_request request{sizeof(trellis_request),
                                  2,
                                  trellis::view("POST"),
                                  trellis::view(kPublish),
                                  trellis::view("api-version=2024-06-01"),
                                  fields,
                                  {},
                                  trellis::view("/"),
                                  {},
                                  0,
                                  trellis::view("localhost"),
                                  {},
                                  nullptr,
                                  nullptr};
    std::size_t counted = 0;
    host_->on_shard(service_->instance(), 0, [&](void* on_shard) {
      const auto& shard = *static_cast<trellis::Shard*>(on_shard);
      auto& access = shard.state<Gatekeeper::ShardState>().access;
      std::size_t before = 0;
      for (int round = 0; round < 50; ++round) {
        if (round == 2) before = common::allocations();
        if (access.judge(trellis::Request(&request, shard), Right::send).refused) ++refusals;
      }
      counted = common::allocations() - before;
    });
    return counted;
  }
};

TEST_F(NoAllocation, IsMadeForAGoodKeyOrAKnownToken) {
  ASSERT_EQ(put_key("key1", kKey1), "");
  ASSERT_EQ(put_key("key2", kKey2), "");
  std::uint32_t refusals = 0;
  EXPECT_EQ(allocations_of("authorization", "SharedAccessKey " + std::string(kKey2), refusals), 0u);
  EXPECT_EQ(allocations_of("aeg-sas-key", std::string(kKey1), refusals), 0u);
  EXPECT_EQ(allocations_of("aeg-sas-token", sas_token(kKey1, "https://localhost/topics/orders", kLater), refusals), 0u);
  EXPECT_EQ(refusals, 0u);
}

}  // namespace
}  // namespace events_service
