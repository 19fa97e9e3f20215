// What filters answer is what an evaluator answers that does everything the slow and obvious way.
#include "judging.hpp"
#include "random_events.hpp"

namespace cloud_event {
namespace {

TEST(Property, FiltersAnswerAsTheObviousEvaluatorDoes) {
  testing::Random random(20260724);
  std::vector<testing::Tree> events;
  for (int i = 0; i < 500; ++i) events.push_back(random.event());
  std::size_t passed = 0;
  std::size_t judged = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto subscription = random.subscription();
    const Filter filter = filter_of(subscription.json());
    for (int j = 0; j < 50; ++j, ++judged) {
      const auto& event = events[random.below(events.size())];
      const std::string json = event.json();
      const bool expected = subscription.passes(event);
      passed += expected ? 1 : 0;
      ASSERT_EQ(filter.passes(Event::structured(json)), expected) << subscription.json() << "\n" << json;
    }
  }
  EXPECT_GE(judged, 100'000U);
  EXPECT_GT(passed, judged / 10);
  EXPECT_LT(passed, judged * 9 / 10);
}

}  // namespace
}  // namespace cloud_event
