#include "dead_letters/letter_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "dead_letters/letter_id.hpp"
#include "temporary_folder.hpp"

namespace events_service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kTime = 1'695'434'400'000;  // 2023-09-23T02:00:00Z

std::vector<std::string> all(const LetterTree& tree, std::string_view folder, std::string_view from = "") {
  std::vector<std::string> ids;
  EXPECT_TRUE(tree.for_each(folder, from, [&](const std::string& id) {
    ids.push_back(id);
    return true;
  }));
  return ids;
}

TEST(LetterTree, HasFoldersForYearMonthDayAndHour) {
  const testing::TemporaryFolder root;
  const LetterTree tree(root.path());
  LetterIds ids;
  const std::string id = ids.make(kTime);
  ASSERT_TRUE(tree.write("default/orders/audit", id, "[]"));
  EXPECT_TRUE(std::filesystem::is_regular_file(root.path() + "/default/orders/audit/2023/9/23/2/" + id + ".json"));
  EXPECT_EQ(tree.read("default/orders/audit", id, 100).value(), "[]");
  EXPECT_FALSE(tree.read("default/orders/audit", id, 1));
  ASSERT_TRUE(tree.remove("default/orders/audit", id));
  EXPECT_TRUE(std::filesystem::is_empty(root.path() + "/default/orders/audit")) << "nothing empty is left";
  EXPECT_EQ(tree.read("default/orders/audit", id, 100).error().status, trellis::Status::no_match);
}

TEST(LetterTree, ListsTheOldestFirstFromAnywhereOn) {
  const testing::TemporaryFolder root;
  const LetterTree tree(root.path());
  LetterIds ids;
  std::vector<std::string> made;
  const std::int64_t hour = 3'600'000;
  for (const std::int64_t at : {kTime, kTime + 1, kTime + 9 * hour, kTime + 31 * 24 * hour, kTime + 400 * 24 * hour}) {
    made.push_back(ids.make(at));
    ASSERT_TRUE(tree.write("f", made.back(), "[]"));
  }
  const std::string folder = root.path() + "/f/2023/9/23/2/";
  for (const char* other : {"x.json", "notes.txt", ".018f338c-3c7b-7000-8000-000000000000.unfinished"})
    std::ofstream(folder + other) << "[]";
  std::filesystem::create_directory(root.path() + "/f/02023");
  EXPECT_EQ(all(tree, "f"), made);
  for (std::size_t i = 0; i < made.size(); ++i)
    EXPECT_EQ(all(tree, "f", made[i]), std::vector(made.begin() + static_cast<std::ptrdiff_t>(i), made.end()));
  EXPECT_THAT(all(tree, "nothing"), ElementsAre());
}

TEST(LetterTree, SaysWhatFailedAndWhere) {
  const testing::TemporaryFolder root;
  LetterIds ids;
  const std::string id = ids.make(kTime);
  const auto gone = LetterTree(root.path() + "/gone").write("f", id, "[]");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().text, "cannot create the folder " + root.path() + "/gone/f: No such file or directory");
  std::ofstream(root.path() + "/f") << "a file";
  const auto file = LetterTree(root.path()).write("f", id, "[]");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().text, HasSubstr(root.path() + "/f/2023: Not a directory"));
}

TEST(LetterTree, MakesItsRootWhereThatIsAskedFor) {
  const testing::TemporaryFolder root;
  LetterIds ids;
  const std::string id = ids.make(kTime);
  const LetterTree tree(root.path() + "/made", LetterTree::Root::is_made);
  EXPECT_TRUE(all(tree, "f").empty());
  EXPECT_TRUE(tree.write("f", id, "[]"));
  EXPECT_EQ(tree.read("f", id, 100).value(), "[]");
  const auto gone = LetterTree(root.path() + "/gone/made", LetterTree::Root::is_made).write("f", id, "[]");
  EXPECT_THAT(gone.error().text, HasSubstr("cannot create the folder " + root.path() + "/gone/made: No such file"));
}

TEST(LetterTree, HoldsSoManyBytes) {
  const testing::TemporaryFolder root;
  LetterIds ids;
  const std::string one = ids.make(kTime);
  const std::string two = ids.make(kTime);
  const LetterTree tree(root.path(), LetterTree::Root::is_there, 10);
  EXPECT_TRUE(tree.write("f", one, "[12345]"));
  const auto full = tree.write("g", two, "[1234]");
  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().text, HasSubstr("more than the 10 bytes that dead_letters.folder_bytes allows"));
  EXPECT_FALSE(tree.write("g", two, std::string(11, ' '))) << "too large for an empty one";
  EXPECT_TRUE(tree.write("g", two, "[1]"));
  ASSERT_TRUE(tree.remove("f", one));
  EXPECT_TRUE(tree.write("g", ids.make(kTime), "[12345]")) << "what is put back makes room";
  const LetterTree next(root.path(), LetterTree::Root::is_there, 10);
  EXPECT_FALSE(next.write("h", ids.make(kTime), "[]")) << "what a process before wrote counts";
}

TEST(LetterTree, NamesAreOnePartOfAPathEach) {
  EXPECT_EQ(path_part("orders-7"), "orders-7");
  EXPECT_EQ(path_part(".."), "%2E%2E");
  EXPECT_EQ(path_part("a/b\\c%d"), "a%2Fb%5Cc%25d");
  EXPECT_EQ(path_part("eu.example_1"), "eu%2Eexample_1");
}

}  // namespace
}  // namespace events_service
