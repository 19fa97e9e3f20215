// Many changes at once.
#include "fixture.hpp"

namespace management {
namespace {

using ::testing::HasSubstr;

class ManagementBatch : public ManagementTest {
 protected:
  ResponseSample apply(const std::string& body, const std::string& query = "", const std::string& type = "") {
    trellis::testing::TextPairs headers;
    if (!type.empty()) headers.emplace_back("content-type", type);
    return ask("POST", "/namespaces/default/apply" + query, body, headers);
  }
  static std::string counts(const ResponseSample& answer) {
    const auto all = json(answer);
    std::string out;
    for (const char* one : {"created", "changed", "unchanged", "removed"})
      out += std::to_string(all.integer(one)) + ' ';
    return out;
  }
};

constexpr const char* kTwo = R"([{"type": "machines", "name": "press", "properties": {"hall": "north"}},
                                 {"type": "halls", "name": "north", "properties": {}}])";

TEST_F(ManagementBatch, IsDoneAsAWhole) {
  const auto made = apply(kTwo);
  EXPECT_EQ(made.status, 200u) << made.body;
  EXPECT_EQ(counts(made), "2 0 0 0 ");
  EXPECT_EQ(counts(apply(kTwo)), "0 0 2 0 ");
  const auto mixed = apply(R"({"type": "machines", "name": "press", "properties": {"power": 4}}

{"type": "halls", "name": "north", "properties": null}
{"type": "halls", "name": "south", "properties": {}}
{"type": "halls", "name": "west", "properties": null}
)",
                           "?dryRun=false", "application/x-ndjson");
  EXPECT_EQ(counts(mixed), "1 1 1 1 ") << mixed.body;
  const auto operations = json(mixed).list("operations");
  EXPECT_EQ(operations[0].text("outcome"), "changed");
  EXPECT_EQ(operations[0].text("etag"), get("/namespaces/default/machines/press").header("etag"));
  EXPECT_EQ(operations[1].text("outcome"), "removed");
  EXPECT_EQ(operations[3].text("outcome"), "unchanged");
  EXPECT_EQ(host_.metric("trellis_management_changes_total", "change=\"created\""), 3);
}

TEST_F(ManagementBatch, TriedOutChangesNothing) {
  const auto plan = apply(kTwo, "?dryRun=true");
  EXPECT_EQ(counts(plan), "2 0 0 0 ");
  EXPECT_TRUE(json(plan).boolean("dryRun"));
  EXPECT_EQ(get("/namespaces/default/halls/north").status, 404u);
  EXPECT_EQ(host_.metric("trellis_management_changes_total", "change=\"created\""), 0);
  EXPECT_EQ(apply(kTwo, "?dryRun=maybe").status, 400u);
}

TEST_F(ManagementBatch, OneMistakeKeepsAllFromBeingDone) {
  const auto wrong = apply(R"([{"type": "halls", "name": "west", "properties": null},
                               {"type": "halls", "name": "north", "properties": {}},
                               {"type": "machines", "name": "a", "properties": {"power": "much"}},
                               {"type": "machines", "name": "b", "properties": {"hall": 7}}])");
  EXPECT_EQ(wrong.status, 400u);
  EXPECT_EQ(target(wrong), "/2/properties/power");
  const auto details = json(wrong).object("error").list("details");
  ASSERT_EQ(details.size(), 2u) << wrong.body;
  EXPECT_EQ(details[1].text("target"), "/3/properties/hall");
  EXPECT_EQ(get("/namespaces/default/halls/north").status, 404u);
}

TEST_F(ManagementBatch, FormsThatAreWrongAreExplained) {
  EXPECT_THAT(message(apply(R"({"type": "halls", "name": "a"})")), HasSubstr("null removes halls/a"));
  const auto line = apply("{\"type\": \"halls\", \"name\": \"a\", \"properties\": {}}\n{\"type\": }");
  EXPECT_THAT(message(line), HasSubstr("line 2: JSON, byte 9"));
  EXPECT_EQ(target(line), "/1");
  EXPECT_EQ(target(apply(R"([{"type": "halls", "name": "a", "properties": {}, "if": 1}])")), "/0/if");
  EXPECT_EQ(target(apply(R"([{"type": "halls", "name": "a", "properties": 1}])")), "/0/properties");
  EXPECT_EQ(target(apply("[7]")), "/0");
  EXPECT_THAT(message(apply(R"([{"type": "halls", "name": "a", "properties": {}},
                                {"type": "Halls", "name": "a", "properties": null}])")),
              HasSubstr("halls/a is in this call twice"));
  EXPECT_EQ(apply(R"([{"type": "hals", "name": "a", "properties": {}}])").status, 404u);
  EXPECT_THAT(message(apply(R"([{"type": "hals", "name": "a", "properties": {}}])")), HasSubstr("did you mean halls?"));
  EXPECT_EQ(code(apply(R"([{"type": "halls", "name": "yard", "properties": {}}])")), "BuiltIn");
  EXPECT_EQ(target(apply(R"([{"type": "machines", "name": "a", "properties": {"pin": "***"}}])")), "/0/properties/pin");
}

TEST_F(ManagementBatch, TakesWhatAnswersShow) {
  ask("PUT", "/namespaces/default/halls/north", R"({"properties": {"description": "cold"}})");
  const std::string shown = get("/namespaces/default/halls/north").body;
  EXPECT_EQ(counts(apply(shown)), "0 0 1 0 ");
  ask("DELETE", "/namespaces/default/halls/north");
  EXPECT_EQ(counts(apply(shown)), "1 0 0 0 ");
}

TEST_F(ManagementBatch, MayExpectRevisions) {
  const auto line = [](const std::string& match) {
    return R"([{"type": "halls", "name": "a", "properties": {"description": "x"}, "ifMatch": )" + match + "}]";
  };
  EXPECT_EQ(apply(line("17")).status, 412u);
  EXPECT_EQ(apply(line("0")).status, 200u);
  EXPECT_EQ(apply(line("0")).status, 412u);
  const std::string tag = get("/namespaces/default/halls/a").header("etag");
  EXPECT_EQ(apply(line(trellis::json::quote(tag))).status, 200u);
  EXPECT_EQ(apply(line(tag)).status, 200u);
  EXPECT_EQ(target(apply(line("\"old\""))), "/0/ifMatch");
  EXPECT_EQ(apply(R"([{"type": "halls", "name": "b", "properties": null, "ifMatch": 5}])").status, 412u);
}

TEST_F(ManagementBatch, ChangesItsOwnNamespaceOnly) {
  EXPECT_EQ(apply(R"([{"type": "namespaces", "name": "default", "properties": {"sessions": 1}}])").status, 200u);
  EXPECT_EQ(apply(R"([{"type": "namespaces", "name": "other", "properties": {}}])").status, 400u);
  EXPECT_EQ(apply(R"([{"type": "namespaces", "name": "default", "properties": null}])").status, 400u);
}

TEST_F(ManagementBatch, OfNothingIsFine) {
  EXPECT_EQ(counts(apply("")), "0 0 0 0 ");
  EXPECT_EQ(counts(apply("[]")), "0 0 0 0 ");
}

}  // namespace
}  // namespace management
