// Blocks that cannot work are refused with a sentence.
#include <iterator>
#include <trellis/json.hpp>

#include "fixture.hpp"

namespace files {
namespace {

using namespace files::testing;

class Blocks : public FilesTest {
 protected:
  std::string refusal(const std::string& properties) {
    return load_.refusal(R"({"properties": {)" + properties + "}}");
  }
  const trellis::testing::HandlerDriver load_ = load();
};

TEST_F(Blocks, StayInTheirFolder) {
  EXPECT_EQ(refusal(R"("fileName": "a-1_b.jsonl", "directory": "shop")"), "");
  for (const std::string name : {"../x", "a/b", "..", ".hidden", "/etc/passwd", "a b", "a\\nb"}) {
    EXPECT_THAT(refusal(R"("fileName": ")" + name + "\""),
                StartsWith("/properties/fileName: expected a name of letters"))
        << name;
    EXPECT_THAT(refusal(R"("fileName": "x", "directory": ")" + name + "\""),
                StartsWith("/properties/directory: expected a name of letters"))
        << name;
  }
  EXPECT_THAT(refusal(R"("fileName": ")" + std::string(181, 'x') + "\""), StartsWith("/properties/fileName: "));
}

TEST_F(Blocks, HaveANameByThemselves) {
  EXPECT_EQ(refusal(""), "/properties/fileName: is missing, and there is no subscription to name it after");
  const auto destination =
      load_.open(R"({"context": {"namespace": "a.b/../c", "topic": "orders", "subscription": "file"}})");
  written(destination, "{}");
  EXPECT_THAT(names(), ElementsAre("a_b____c.orders.file.jsonl"));
}

TEST_F(Blocks, HaveBounds) {
  EXPECT_THAT(refusal(R"("fileName": "x", "maxBytes": "1B")"), StartsWith("/properties/maxBytes: is out of range"));
  EXPECT_EQ(refusal(R"("fileName": "x", "keep": -1)"), "/properties/keep: is out of range; expected 0 to 100000");
  EXPECT_EQ(refusal(R"("filename": "x")"), R"(/properties: unknown key "filename"; did you mean "fileName"?)");
}

TEST(Settings, NeedAFolderThatIsThere) {
  TestHost host;
  EXPECT_THAT(host.refusal<FileHandler>(R"({"path": "/nowhere/at/all"})"),
              HasSubstr("/path: cannot open the folder /nowhere/at/all: No such file or directory"));
}

TEST(Manual, NamesEveryPropertyOfADestination) {
  std::ifstream file(FILES_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_EQ(properties->keys.size(), 8u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace files
