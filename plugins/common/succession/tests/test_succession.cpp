// Who came after whom.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "succession/succession.hpp"

namespace common {
namespace {

using Names = std::vector<std::string>;

class SuccessionOrder : public ::testing::Test {
 protected:
  Names after(Succession<std::string>::Place place) const {
    Names names;
    all_.any_after(place, [&](const std::string& one) {
      names.push_back(one);
      return false;
    });
    return names;
  }

  Succession<std::string> all_;
  std::string old_ = "old", second_ = "second", third_ = "third";
};

TEST_F(SuccessionOrder, TellsWhoCameAfterOne) {
  const auto place = all_.join(old_);
  EXPECT_EQ(after(place), Names{});
  const auto second = all_.join(second_);
  all_.join(third_);
  EXPECT_EQ(after(place), (Names{"second", "third"}));
  EXPECT_EQ(after(second), Names{"third"});
}

TEST_F(SuccessionOrder, WhoLeftIsNotTold) {
  const auto place = all_.join(old_);
  const auto second = all_.join(second_);
  all_.leave(old_);
  all_.leave(second_);
  all_.leave(second_);
  EXPECT_EQ(after(place), Names{});
  EXPECT_GT(all_.join(third_), second) << "a place never comes again";
  EXPECT_EQ(after(place), Names{"third"}) << "also for one that left itself";
}

TEST_F(SuccessionOrder, StopsAtTheFirstThatIsEnough) {
  const auto place = all_.join(old_);
  all_.join(second_);
  all_.join(third_);
  Names asked;
  EXPECT_TRUE(all_.any_after(place, [&](const std::string& one) {
    asked.push_back(one);
    return true;
  }));
  EXPECT_EQ(asked, Names{"second"});
}

}  // namespace
}  // namespace common
