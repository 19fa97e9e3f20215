// It allows, and says that it always will.
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "../allow_all.hpp"

namespace {

TEST(AllowAll, AllowsEverythingAndNeedNotBeAsked) {
  trellis::testing::TestHost host;
  auto plugin = host.load<AllowAll>();
  for (const auto action : {trellis::Action::publish, trellis::Action::subscribe, trellis::Action::receive})
    EXPECT_EQ(plugin.may("", action, "a/b"), trellis::Access::allow);
  EXPECT_EQ(plugin.flags(), static_cast<std::uint32_t>(TRELLIS_AUTHORIZER_ALLOWS_ALL));
}

}  // namespace
