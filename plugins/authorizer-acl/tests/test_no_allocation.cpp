// Counts allocations while questions are answered: there must be none, whatever the answer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "rules.hpp"

namespace {
thread_local size_t allocations = 0;
}

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace acl {
namespace {

TEST(Rules, AnsweringAllocatesNothing) {
  std::vector<std::string> errors;
  const RuleSet set = RuleSet::parse(
      "topic read public/#\nuser ada\ntopic a/b\ntopic deny a/secret/#\ntopic read a/+/temperature/of/everything\n"
      "pattern devices/%c/%u/prefix-%c-%u-suffix/#\n",
      "acl", errors);
  ASSERT_TRUE(errors.empty());
  const Names ada{.client_id = "a-client-id-longer-than-any-small-string", .username = "ada"};
  const Names nobody{.client_id = "a/b", .username = {}};
  const size_t before = allocations;
  unsigned allowed = 0;
  for (const Names& names : {ada, nobody})
    for (const Action action : {Action::publish, Action::subscribe, Action::receive})
      for (const char* topic : {"a/b", "a/x/temperature/of/everything", "a/secret/x", "public/news/of/today",
                                "devices/a-client-id-longer-than-any-small-string/ada/x", "#", "+/+/+/+/+"})
        for (const SubscribeRule rule : {SubscribeRule::any, SubscribeRule::covered})
          allowed += set.decide(action, topic, names, rule) == Verdict::allow ? 1 : 0;
  EXPECT_EQ(allocations, before);
  EXPECT_GT(allowed, 0u);
}

}  // namespace
}  // namespace acl
