// Which plugins there are, and what is said about those there are not.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <trellis/loading/registry.hpp>
#include <vector>

#include "plugin/instance_bench.hpp"

namespace trellis::kernel {
namespace {

namespace fs = std::filesystem;
using loading::default_plugin_path;
using loading::Registry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::specimen_file;

/// Two empty folders to search, removed afterwards.
class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    std::string name = ::testing::TempDir() + "trellis-registry-XXXXXX";
    root_ = ::mkdtemp(name.data());
    for (const char* folder : {"first", "second"}) fs::create_directory(root_ / folder);
  }
  ~RegistryTest() override { fs::remove_all(root_); }
  void add(const char* folder, const std::string& id) { fs::copy(specimen_file(id), root_ / folder / (id + ".so")); }
  Registry registry() { return Registry({root_ / "first", root_ / "second"}); }

  fs::path root_;
  std::string error_;
};

TEST_F(RegistryTest, FindsAPluginByItsIdOnce) {
  add("second", "specimen");
  Registry registry = this->registry();
  const auto found = registry.find("specimen", error_);
  ASSERT_NE(found, nullptr) << error_;
  EXPECT_EQ(found->id(), "specimen");
  EXPECT_EQ(found->file(), root_ / "second" / "specimen.so");
  EXPECT_EQ(registry.find("specimen", error_), found);
}

TEST_F(RegistryTest, TakesTheFirstFolderThatHasIt) {
  add("first", "specimen");
  add("second", "specimen");
  const auto found = registry().find("specimen", error_);
  ASSERT_NE(found, nullptr) << error_;
  EXPECT_EQ(found->file(), root_ / "first" / "specimen.so");
}

TEST_F(RegistryTest, SaysWhereItLooked) {
  add("first", "specimen");
  EXPECT_EQ(registry().find("speciman", error_), nullptr);
  EXPECT_EQ(error_,
            "there is no plugin 'speciman' in " + (root_ / "first").string() + " " + (root_ / "second").string());
}

TEST_F(RegistryTest, RefusesAFileNamedAfterAnotherId) {
  add("first", "specimen-misnamed");
  EXPECT_EQ(registry().find("specimen-misnamed", error_), nullptr);
  EXPECT_THAT(error_, HasSubstr("holds plugin 'specimen-renamed', not 'specimen-misnamed'"));
}

TEST_F(RegistryTest, RefusesWhatIsNoLibrary) {
  std::ofstream(root_ / "first" / "broken.so") << "not a library";
  EXPECT_EQ(registry().find("broken", error_), nullptr);
  EXPECT_THAT(error_, HasSubstr("cannot load plugin"));
  EXPECT_EQ(registry().load_file(root_ / "nothing.so", error_), nullptr);
  EXPECT_EQ(error_, "plugin file '" + (root_ / "nothing.so").string() + "' does not exist");
}

TEST_F(RegistryTest, ListsIdsOfAllFoldersOnce) {
  add("first", "specimen");
  add("second", "specimen");
  add("second", "specimen-wanting");
  std::ofstream(root_ / "second" / "readme.txt") << "no plugin";
  Registry registry = this->registry();
  EXPECT_THAT(registry.ids(), ElementsAre("specimen", "specimen-wanting"));
  std::ofstream(root_ / "first" / "broken.so") << "not a library";
  std::vector<std::string> errors;
  EXPECT_EQ(registry.all(errors).size(), 2u);
  EXPECT_EQ(errors.size(), 1u);
}

TEST_F(RegistryTest, FoldersThatAreNotThereHoldNothing) { EXPECT_THAT(Registry({root_ / "absent"}).ids(), IsEmpty()); }

TEST(DefaultPluginPath, BeginsWithWhatTheEnvironmentSays) {
  ::setenv("TRELLIS_PLUGIN_PATH", "/one::/two", 1);
  const auto path = default_plugin_path();
  ::unsetenv("TRELLIS_PLUGIN_PATH");
  ASSERT_GE(path.size(), 3u);
  EXPECT_EQ(path[0], "/one");
  EXPECT_EQ(path[1], "/two");
  EXPECT_THAT(path.back().string(), HasSubstr("/lib/trellis/plugins"));
}

}  // namespace
}  // namespace trellis::kernel
