#include "push/retry_schedule.hpp"

#include <gtest/gtest.h>

namespace events_service {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// When each attempt is made, from the first.
std::vector<milliseconds> times(Tier tier, std::uint32_t attempts) {
  std::vector<milliseconds> out{milliseconds(0)};
  for (std::uint32_t i = 1; i < attempts; ++i) out.push_back(out.back() + wait_after(tier, i));
  return out;
}

TEST(RetrySchedule, OfNamespaces) {
  EXPECT_EQ(times(Tier::name_space, 11),
            (std::vector<milliseconds>{seconds(0), seconds(10), seconds(30), minutes(1), minutes(5), minutes(10),
                                       minutes(15), minutes(20), minutes(25), minutes(30), minutes(35)}));
}

TEST(RetrySchedule, OfTheBasicTier) {
  const std::vector<milliseconds> waits{seconds(10), seconds(30), minutes(1), minutes(5), minutes(10), minutes(30),
                                        hours(1),    hours(3),    hours(6),   hours(12),  hours(12)};
  for (std::uint32_t i = 0; i < waits.size(); ++i) EXPECT_EQ(wait_after(Tier::basic, i + 1), waits[i]) << i;
}

TEST(RetrySchedule, HowLongAnEndpointIsLeftAlone) {
  EXPECT_EQ(pause_for(TRELLIS_CAUSE_BUSY), seconds(10));
  EXPECT_EQ(pause_for(TRELLIS_CAUSE_TIMED_OUT), seconds(10));
  EXPECT_EQ(pause_for(TRELLIS_CAUSE_SOCKET), seconds(30));
  for (const std::uint32_t cause : {TRELLIS_CAUSE_NOT_FOUND, TRELLIS_CAUSE_RESOLUTION, TRELLIS_CAUSE_DISABLED,
                                    TRELLIS_CAUSE_FULL, TRELLIS_CAUSE_UNAUTHORIZED, TRELLIS_CAUSE_FORBIDDEN}) {
    EXPECT_EQ(pause_for(cause), minutes(5)) << cause;
  }
  EXPECT_FALSE(is_of_endpoint(TRELLIS_CAUSE_TOO_LARGE)) << "the next event may fit";
}

}  // namespace
}  // namespace events_service
