// Identities: copied once, shared by whoever holds one.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <trellis/keeping/message.hpp>
#include <trellis/runtime/identity.hpp>
#include <vector>

#include "names.hpp"

namespace trellis::kernel {
namespace {

TEST(Identity, CopiesWhatTheAuthenticatorAnswered) {
  std::string name = "ada";
  std::string key = "group";
  std::string value = "engineers";
  const trellis_pair attributes[] = {{view_of(key), view_of(value)}, {view_of("empty"), view_of("")}};
  const IdentityPtr identity(new Identity(name, "auth-file", attributes, 2, 99));
  for (std::string* gone : {&name, &key, &value}) gone->assign(gone->size(), '?');

  const trellis_identity& facts = identity->facts();
  EXPECT_EQ(identity->name(), "ada");
  EXPECT_EQ(text_of(facts.name), "ada");
  EXPECT_EQ(text_of(facts.authenticator), "auth-file");
  ASSERT_EQ(facts.attribute_count, 2u);
  EXPECT_EQ(text_of(facts.attributes[0].name), "group");
  EXPECT_EQ(text_of(facts.attributes[0].value), "engineers");
  EXPECT_EQ(text_of(facts.attributes[1].value), "");
  EXPECT_EQ(facts.expires_at_ms, 99);
}

TEST(IdentityPtr, SharesAcrossThreads) {
  const IdentityPtr identity(new Identity("ada", "x", nullptr, 0, 0));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([identity] {
      for (int turn = 0; turn < 1000; ++turn) {
        const IdentityPtr copy = identity;
        EXPECT_EQ(copy->name(), "ada");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(identity->name(), "ada");
}

TEST(IdentityPtr, IsNullUntilGivenOne) {
  IdentityPtr pointer;
  EXPECT_FALSE(pointer);
  pointer = IdentityPtr(new Identity("ada", "x", nullptr, 0, 0));
  EXPECT_TRUE(pointer);
  IdentityPtr moved = std::move(pointer);
  EXPECT_EQ(moved->name(), "ada");
}

}  // namespace
}  // namespace trellis::kernel
