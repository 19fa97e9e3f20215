// Plugins that are parts of the program are found like files, and before them.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <trellis/loading/builtin.hpp>
#include <trellis/loading/registry.hpp>

#include "plugin/instance_bench.hpp"

namespace trellis::kernel {
namespace {

using loading::Registry;
using ::testing::Contains;

TEST(Builtin, IsFoundWithoutAFile) {
  std::string error;
  const auto file = Library::load(testing::specimen_file("specimen-wanting"), {}, error);
  ASSERT_NE(file, nullptr) << error;
  EXPECT_EQ(loading::builtin("specimen-wanting", error), nullptr);
  ASSERT_TRUE(loading::add_builtin({&file->entry()}));

  Registry registry({"/nowhere"});
  const auto found = registry.find("specimen-wanting", error);
  ASSERT_NE(found, nullptr) << error;
  EXPECT_EQ(found->file(), "");
  EXPECT_TRUE(found->symbols().empty());
  EXPECT_EQ(found->judgement()->state, loading::SignatureState::built_in);
  EXPECT_EQ(registry.file_of("specimen-wanting"), "");
  EXPECT_THAT(registry.ids(), Contains("specimen-wanting"));
}

TEST(Builtin, OfAnotherContractIsRefused) {
  std::string error;
  const auto file = Library::load(testing::specimen_file("specimen"), {}, error);
  ASSERT_NE(file, nullptr) << error;
  trellis_plugin other = file->entry();
  other.abi_major = TRELLIS_ABI_MAJOR + 1;
  EXPECT_EQ(Library::builtin(other, error), nullptr);
  EXPECT_NE(error, "");
}

}  // namespace
}  // namespace trellis::kernel
