#include "trellis/resources/registry.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

namespace trellis::resources {
namespace {

using Kind = Operation::Kind;
using Reason = Failure::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Recorder final : public Observer {
 public:
  std::string check(const Change& change) override {
    if (change.after != nullptr && change.after->properties().find("forbidden") != std::string_view::npos)
      return "/query: it is forbidden";
    return {};
  }
  void changed(const std::vector<Change>& changes) override {
    std::string line;
    for (const Change& one : changes) {
      line += one.before == nullptr ? '+' : (one.after == nullptr ? '-' : '~');
      line += std::string(one.type) + '/' + std::string((one.after ? one.after : one.before)->name()) + ' ';
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    registry_.set_namespaces({"default", "other"});
    EXPECT_EQ(registry_.declare(clients(), recorder_), "");
    EXPECT_EQ(registry_.declare(groups(), recorder_), "");
    EXPECT_EQ(registry_.declare(bindings(), recorder_), "");
    registry_.listen(recorder_);
  }
  static Declaration clients() {
    return {.name = "clients",
            .schema = R"({"type": "object", "properties": {
                          "authenticationName": {"type": "string"},
                          "state": {"type": "string", "enum": ["Enabled", "Disabled"], "default": "Enabled"},
                          "attributes": {"type": "object", "additionalProperties": {}}}})",
            .further_characters = "-:._",
            .key = "authenticationName"};
  }
  static Declaration groups() {
    return {.name = "clientGroups",
            .schema = R"({"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}})",
            .shortest_name = 3,
            .longest_name = 50,
            .further_characters = "-",
            .most = 2};
  }
  static Declaration bindings() {
    return {.name = "bindings",
            .schema = R"({"type": "object", "properties": {"group": {"type": "string"}}})",
            .references = {{"group", "clientGroups", {"$all"}}}};
  }

  /// Something to do; its properties live as long as the test.
  Operation operation(Kind kind, const std::string& path, const std::string& properties = {}) {
    Operation made{.kind = kind,
                   .name_space = "default",
                   .type = path.substr(0, path.find('/')),
                   .name = path.substr(path.find('/') + 1)};
    if (kind == Kind::remove) return made;
    schema::Diagnostics wrong;
    auto document = schema::Document::parse(properties, "call", wrong);
    EXPECT_TRUE(document) << properties;
    sources_.push_back(std::make_unique<schema::Document>(std::move(*document)));
    made.source = sources_.back().get();
    made.properties = &made.source->root();
    return made;
  }
  Operation put(const std::string& path, const std::string& properties = "{}") {
    return operation(Kind::put, path, properties);
  }
  Operation patch(const std::string& path, const std::string& properties) {
    return operation(Kind::patch, path, properties);
  }
  Operation remove(const std::string& path) { return operation(Kind::remove, path); }

  Outcome apply(std::vector<Operation> operations, Origin origin = Origin::calls) {
    return registry_.apply(operations, origin);
  }
  /// Why the only one of them that cannot be done cannot be.
  std::string refused(std::vector<Operation> operations, Reason reason, Origin origin = Origin::calls) {
    const Outcome outcome = apply(std::move(operations), origin);
    EXPECT_EQ(outcome.failures.size(), 1u);
    if (outcome.failures.size() != 1) return "";
    EXPECT_EQ(outcome.failures[0].reason, reason);
    const schema::Diagnostic& what = outcome.failures[0].what;
    return what.pointer.empty() ? what.message : what.pointer + ": " + what.message;
  }
  std::string properties(const std::string& path) {
    const auto slash = path.find('/');
    const DocumentPtr found = registry_.find("default", path.substr(0, slash), path.substr(slash + 1));
    return found == nullptr ? "" : std::string(found->properties());
  }

  std::int64_t now_ = 1000;
  Registry registry_{[this] { return now_; }};
  Recorder recorder_;
  std::vector<std::unique_ptr<schema::Document>> sources_;
};

TEST_F(RegistryTest, KeepsWhatIsPutWithDefaults) {
  const Outcome made = apply({put("clients/press-04", R"({"attributes": {"floor": 3}})")});
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made.changes.size(), 1u);
  EXPECT_EQ(made.changes[0].before, nullptr);
  EXPECT_EQ(properties("clients/press-04"), R"({"attributes":{"floor":3},"state":"Enabled"})");
  EXPECT_EQ(made.changes[0].after->created_ms(), 1000);
  EXPECT_THAT(recorder_.lines, ElementsAre("+clients/press-04 "));
  EXPECT_EQ(registry_.find("other", "clients", "press-04"), nullptr);
}

TEST_F(RegistryTest, ReplacingKeepsWhenItWasMade) {
  apply({put("clients/a")});
  now_ = 2000;
  const Outcome changed = apply({put("clients/a", R"({"state": "Disabled"})")});
  ASSERT_TRUE(changed.ok());
  const DocumentPtr after = changed.changes[0].after;
  EXPECT_EQ(after->created_ms(), 1000);
  EXPECT_EQ(after->modified_ms(), 2000);
  EXPECT_GT(after->revision(), changed.changes[0].before->revision());
  EXPECT_THAT(recorder_.lines, ElementsAre("+clients/a ", "~clients/a "));
}

TEST_F(RegistryTest, TheSameAgainIsNoChange) {
  apply({put("clients/a")});
  const Outcome same = apply({put("clients/a", R"({"state": "Enabled"})")});
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same.changes[0].before, same.changes[0].after);
  EXPECT_EQ(recorder_.lines.size(), 1u);
}

TEST_F(RegistryTest, PatchMerges) {
  apply({put("clients/a", R"({"attributes": {"floor": 3, "kind": "press"}})")});
  ASSERT_TRUE(apply({patch("clients/a", R"({"attributes": {"kind": null, "wing": "b"}, "state": "Disabled"})")}).ok());
  EXPECT_EQ(properties("clients/a"), R"({"attributes":{"floor":3,"wing":"b"},"state":"Disabled"})");
  EXPECT_EQ(refused({patch("clients/b", "{}")}, Reason::not_found), "clients/b is not there");
  EXPECT_THAT(refused({patch("clients/a", R"({"state": "Gone"})")}, Reason::invalid), HasSubstr("/state: "));
}

TEST_F(RegistryTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(refused({put("clients/a", R"({"stat": "Enabled"})")}, Reason::invalid), HasSubstr("/stat: "));
  EXPECT_EQ(refused({put("clients/a b")}, Reason::invalid),
            "\"a b\" is no name: a name in clients has 1 to 128 letters and digits, \"-\", \":\", \".\", \"_\"");
  EXPECT_THAT(refused({put("clientGroups/ab", R"({"query": "x"})")}, Reason::invalid), HasSubstr("3 to 50"));
  EXPECT_EQ(refused({put("things/a")}, Reason::unknown_type), "there are no resources of the type \"things\"");
  Operation elsewhere = put("clients/a");
  elsewhere.name_space = "nowhere";
  EXPECT_EQ(refused({elsewhere}, Reason::unknown_namespace), "there is no namespace \"nowhere\"");
  EXPECT_EQ(refused({put("clients/a"), put("clients/a")}, Reason::invalid), "clients/a is in this call twice");
  EXPECT_EQ(refused({put("clientGroups/abc", R"({"query": "forbidden"})")}, Reason::invalid),
            "/query: it is forbidden");
  EXPECT_THAT(recorder_.lines, IsEmpty());
}

TEST_F(RegistryTest, PointersBeginWhereThePropertiesStand) {
  Operation deeper = put("clientGroups/abc", R"({"items": [{"query": 5}]})");
  deeper.properties = &deeper.source->root()["items"][0];
  deeper.pointer = "/items/0";
  EXPECT_THAT(refused({deeper}, Reason::invalid), HasSubstr("/items/0/query: "));
}

TEST_F(RegistryTest, AllOrNothing) {
  const Outcome outcome = apply({put("clients/a"), put("clients/b", R"({"state": 5})"), put("clients/c d")});
  ASSERT_EQ(outcome.failures.size(), 2u);
  EXPECT_EQ(outcome.failures[0].operation, 1u);
  EXPECT_EQ(outcome.failures[1].operation, 2u);
  EXPECT_EQ(registry_.size("default", "clients"), 0u);
}

TEST_F(RegistryTest, NoRevisionOfBeforeARestartComesBack) {
  for (const char* state : {"Enabled", "Disabled", "Enabled"})
    apply({put("clients/a", std::string(R"({"state": ")") + state + "\"}")});
  const auto before = registry_.find("default", "clients", "a")->revision();
  Registry restarted([] { return std::int64_t{2000}; });
  restarted.set_namespaces({"default"});
  Recorder recorder;
  EXPECT_EQ(restarted.declare(clients(), recorder), "");
  const Operation again = put("clients/a");
  ASSERT_TRUE(restarted.apply({&again, 1}, Origin::calls).ok());
  EXPECT_GT(restarted.find("default", "clients", "a")->revision(), before);
  EXPECT_GT(before, 1000u);
}

TEST_F(RegistryTest, ComparesAndSets) {
  const auto revision = apply({put("clients/a")}).changes[0].after->revision();
  Operation once = put("clients/a", R"({"state": "Disabled"})");
  once.expected = revision;
  EXPECT_TRUE(apply({once}).ok());
  EXPECT_EQ(refused({once}, Reason::out_of_date), "clients/a was changed meanwhile");
  Operation fresh = put("clients/a");
  fresh.expected = 0;
  EXPECT_EQ(refused({fresh}, Reason::out_of_date), "clients/a was changed meanwhile");
  Operation gone = remove("clients/b");
  gone.expected = 5;
  EXPECT_EQ(refused({gone}, Reason::out_of_date), "clients/b is not there");
}

TEST_F(RegistryTest, KeysAreUniqueWhateverTheirCaseAndStay) {
  apply({put("clients/a", R"({"authenticationName": "Press 4"})"), put("clients/b")});
  EXPECT_EQ(registry_.find_key("default", "clients", "press 4")->name(), "a");
  EXPECT_EQ(registry_.find_key("default", "clients", "B")->name(), "b");
  EXPECT_EQ(refused({put("clients/c", R"({"authenticationName": "PRESS 4"})")}, Reason::taken),
            "/authenticationName: \"PRESS 4\" is taken by clients/a");
  EXPECT_EQ(refused({put("clients/B")}, Reason::taken), "/authenticationName: \"B\" is taken by clients/b");
  EXPECT_THAT(refused({put("clients/a", R"({"authenticationName": "Press 5"})")}, Reason::invalid),
              HasSubstr("it stays what it was"));
  EXPECT_EQ(refused({put("clients/x", R"({"authenticationName": "n"})"), put("clients/N")}, Reason::taken),
            "/authenticationName: \"N\" is taken by clients/x");
  EXPECT_TRUE(apply({remove("clients/a"), put("clients/c", R"({"authenticationName": "PRESS 4"})")}).ok());
  EXPECT_EQ(registry_.find_key("default", "clients", "press 4")->name(), "c");
}

TEST_F(RegistryTest, WhatIsNamedMustBeThere) {
  EXPECT_EQ(refused({put("bindings/one", R"({"group": "presses"})")}, Reason::missing),
            "/group: clientGroups/presses is not there");
  EXPECT_TRUE(apply({put("bindings/any", R"({"group": "$all"})")}).ok());
  EXPECT_TRUE(
      apply({put("bindings/one", R"({"group": "presses"})"), put("clientGroups/presses", R"({"query": "x"})")}).ok())
      << "in one call, whatever the order";
}

TEST_F(RegistryTest, WhatOthersNameStays) {
  apply({put("clientGroups/presses", R"({"query": "x"})"), put("bindings/one", R"({"group": "presses"})"),
         put("bindings/two", R"({"group": "presses"})")});
  EXPECT_EQ(refused({remove("clientGroups/presses")}, Reason::needed),
            "clientGroups/presses cannot go: bindings/one names it, and 1 more");
  EXPECT_TRUE(apply({put("bindings/two", R"({"group": "$all"})")}).ok());
  EXPECT_EQ(refused({remove("clientGroups/presses")}, Reason::needed),
            "clientGroups/presses cannot go: bindings/one names it");
  EXPECT_TRUE(apply({remove("clientGroups/presses"), remove("bindings/one")}).ok());
}

TEST_F(RegistryTest, AGroupMayGoInTheCallThatNamesItNoMore) {
  apply({put("clientGroups/presses", R"({"query": "x"})"), put("bindings/one", R"({"group": "presses"})")});
  EXPECT_TRUE(apply({remove("clientGroups/presses"), put("bindings/one", R"({"group": "$all"})")}).ok());
  EXPECT_EQ(refused({put("bindings/one", R"({"group": "presses"})")}, Reason::missing),
            "/group: clientGroups/presses is not there");
}

TEST_F(RegistryTest, NoMoreThanAllowed) {
  apply({put("clientGroups/one", R"({"query": "x"})")});
  EXPECT_EQ(refused({put("clientGroups/two", R"({"query": "x"})"), put("clientGroups/three", R"({"query": "x"})")},
                    Reason::too_many),
            "a namespace has at most 2 clientGroups");
  EXPECT_TRUE(apply({put("clientGroups/two", R"({"query": "x"})")}).ok());
  EXPECT_TRUE(apply({put("clientGroups/three", R"({"query": "x"})"), remove("clientGroups/one")}).ok());
}

TEST_F(RegistryTest, OfThoseWhoBoundATypeTheStrictestCounts) {
  Recorder strict;
  Declaration fewer = clients();
  fewer.most = 1;
  EXPECT_EQ(registry_.declare(fewer, strict), "");
  std::size_t most = 0;
  registry_.describe("clients", [&](const Declaration& one) { most = one.most; });
  EXPECT_EQ(most, 1u);
  apply({put("clients/a")});
  EXPECT_EQ(refused({put("clients/b")}, Reason::too_many), "a namespace has at most 1 clients");
  registry_.withdraw(strict);
  EXPECT_TRUE(apply({put("clients/b")}).ok()) << "nobody bounds it any more";
  Declaration none = groups();
  none.most = 0;
  EXPECT_EQ(registry_.declare(none, strict), "") << "it leaves the number to others";
  EXPECT_EQ(refused({put("clientGroups/one", R"({"query": "x"})"), put("clientGroups/two", R"({"query": "x"})"),
                     put("clientGroups/three", R"({"query": "x"})")},
                    Reason::too_many),
            "a namespace has at most 2 clientGroups");
}

TEST_F(RegistryTest, WhoIsAboutToLeaveJudgesOnlyWhatNobodyElseDoes) {
  class Strict final : public Observer {
    std::string check(const Change&) override { return "never"; }
    void changed(const std::vector<Change>& changes) override { heard += changes.size(); }

   public:
    std::size_t heard = 0;
  } strict;
  Declaration fewer = clients();
  fewer.most = 1;
  Declaration own = groups();
  own.name = "own";
  ASSERT_EQ(registry_.declare(fewer, strict), "");
  ASSERT_EQ(registry_.declare(own, strict), "");
  registry_.listen(strict);
  EXPECT_EQ(refused({put("clients/a")}, Reason::invalid), "never");
  registry_.leave(strict);
  EXPECT_TRUE(apply({put("clients/a"), put("clients/b")}).ok());
  EXPECT_EQ(strict.heard, 2u) << "it is there still";
  EXPECT_EQ(refused({put("own/one", R"({"query": "x"})")}, Reason::invalid), "never");
  registry_.stay();
  EXPECT_EQ(refused({put("clients/c")}, Reason::invalid), "never");
}

TEST_F(RegistryTest, WhatStandsInFilesOnlyFilesChange) {
  ASSERT_TRUE(apply({put("clients/a")}, Origin::files).ok());
  EXPECT_EQ(refused({remove("clients/a")}, Reason::not_yours),
            "clients/a stands in the resource files; change it there and reload");
  EXPECT_EQ(refused({put("clients/a", R"({"state": "Disabled"})")}, Reason::not_yours),
            "clients/a stands in the resource files; change it there and reload");
  const Outcome same = apply({put("clients/a", R"({"state": "Enabled"})")});
  ASSERT_TRUE(same.ok()) << "nothing changes";
  EXPECT_EQ(same.changes[0].before, same.changes[0].after);
  EXPECT_EQ(same.changes[0].after->origin(), Origin::files);
  ASSERT_TRUE(apply({put("clients/b")}).ok());
  const Outcome taken_over = apply({put("clients/b")}, Origin::files);
  ASSERT_TRUE(taken_over.ok());
  EXPECT_EQ(taken_over.changes[0].after->origin(), Origin::files);
}

TEST_F(RegistryTest, TypesAreSaidTwiceInTheSameWords) {
  Recorder second;
  EXPECT_EQ(registry_.declare(clients(), second), "");
  Declaration otherwise = clients();
  otherwise.longest_name = 5;
  EXPECT_THAT(registry_.declare(otherwise, second), HasSubstr("another plugin says otherwise"));
  apply({put("clients/z")});
  EXPECT_TRUE(second.lines.empty()) << "it does not listen yet";
  registry_.listen(second);
  apply({put("clients/a")});
  EXPECT_THAT(second.lines, ElementsAre("+clients/a "));
  registry_.withdraw(second);
  apply({put("clients/b")});
  EXPECT_EQ(second.lines.size(), 1u);
  EXPECT_EQ(registry_.size("default", "clients"), 3u) << "somebody declares it still";
  registry_.withdraw(recorder_);
  EXPECT_EQ(registry_.find("default", "clients", "a"), nullptr);
  EXPECT_EQ(refused({put("clients/a")}, Reason::unknown_type), "there are no resources of the type \"clients\"");
}

TEST_F(RegistryTest, WrongDeclarationsAreRefused) {
  const auto declare = [this](Declaration one) { return registry_.declare(one, recorder_); };
  EXPECT_THAT(declare({.name = "x", .schema = "{"}), HasSubstr("resources of the type \"x\": "));
  EXPECT_THAT(declare({.name = "x", .schema = R"({"type": "string"})"}), HasSubstr("not that of an object"));
  EXPECT_THAT(declare({.name = "x", .schema = R"({"type": "object"})", .key = "k"}), HasSubstr("no property \"k\""));
  EXPECT_THAT(declare({.name = "x",
                       .schema = R"({"type": "object", "properties": {"r": {"type": "integer"}}})",
                       .references = {{"r", "clients"}}}),
              HasSubstr("\"r\" is not text"));
}

TEST_F(RegistryTest, WhatIsNamedMayStandDeepAndAtTheEndOfAPath) {
  const auto spaces = [](std::string property) {
    return Declaration{.name = "spaces",
                       .schema = R"({"type": "object", "properties": {"routing": {"type": "object", "properties":
                           {"to": {"type": "string"}}}}})",
                       .references = {{std::move(property), "clientGroups"}}};
  };
  EXPECT_THAT(registry_.declare(spaces("routing/from"), recorder_), HasSubstr("no property \"routing/from\""));
  EXPECT_THAT(registry_.declare(spaces("routing"), recorder_), HasSubstr("\"routing\" is not text"));
  EXPECT_THAT(registry_.declare(spaces("routing/to/more"), recorder_), HasSubstr("no property"));
  ASSERT_EQ(registry_.declare(spaces("routing/to"), recorder_), "");
  const std::string named = R"({"routing": {"to": "/x/clientGroups/presses"}})";
  EXPECT_EQ(refused({put("spaces/a", named)}, Reason::missing), "/routing/to: clientGroups/presses is not there");
  ASSERT_TRUE(apply({put("spaces/a", named), put("clientGroups/presses", R"({"query": "q"})")}).ok());
  ASSERT_TRUE(apply({put("spaces/b")}).ok()) << "nothing is named";
  EXPECT_EQ(refused({remove("clientGroups/presses")}, Reason::needed),
            "clientGroups/presses cannot go: spaces/a names it");
  ASSERT_TRUE(apply({put("spaces/a", R"({"routing": {"to": ""}})"), remove("clientGroups/presses")}).ok());
}

TEST_F(RegistryTest, NamespacesThatGoTakeTheirsAlong) {
  apply({put("clients/a")});
  registry_.set_namespaces({"other"});
  EXPECT_EQ(registry_.size("default", "clients"), 0u);
}

class ParentsTest : public RegistryTest {
 protected:
  ParentsTest() {
    EXPECT_EQ(registry_.declare(notes(), recorder_), "");  // before its parent: the order does not count
    EXPECT_EQ(registry_.declare(topics(), recorder_), "");
  }
  static Declaration topics() {
    return {.name = "topics",
            .schema = R"({"type": "object", "properties": {"group": {"type": "string"}}})",
            .shortest_name = 3,
            .longest_name = 50,
            .further_characters = "-",
            .references = {{"group", "clientGroups"}}};
  }
  static Declaration notes() {
    return {.name = "notes",
            .schema = R"({"type": "object", "properties": {"text": {"type": "string"}}})",
            .shortest_name = 3,
            .longest_name = 50,
            .further_characters = "-",
            .parent = "topics"};
  }
};

TEST_F(ParentsTest, WhatBelongsToSomethingNeedsIt) {
  EXPECT_EQ(refused({put("notes/orders/audit")}, Reason::missing), "its parent topics/orders is not there");
  ASSERT_TRUE(apply({put("topics/orders")}).ok());
  ASSERT_TRUE(apply({put("notes/orders/audit"), put("notes/orders/other")}).ok());
  EXPECT_EQ(properties("notes/orders/audit"), "{}");
  EXPECT_EQ(refused({remove("topics/orders")}, Reason::needed),
            "topics/orders cannot go: notes/orders/audit belongs to it");
  EXPECT_EQ(refused({remove("topics/orders"), remove("notes/orders/audit")}, Reason::needed),
            "topics/orders cannot go: notes/orders/other belongs to it");
  ASSERT_TRUE(apply({put("topics/orders", R"({"group": ""})")}).ok());
}

TEST_F(ParentsTest, BothComeAndGoInOneCallInAnyOrder) {
  ASSERT_TRUE(apply({put("notes/orders/audit"), put("topics/orders")}).ok());
  ASSERT_TRUE(apply({remove("topics/orders"), remove("notes/orders/audit")}).ok());
  ASSERT_TRUE(apply({put("topics/orders"), put("notes/orders/audit")}).ok());
  ASSERT_TRUE(apply({remove("notes/orders/audit"), remove("topics/orders")}).ok());
  EXPECT_EQ(refused({remove("topics/orders"), put("notes/orders/audit")}, Reason::not_found),
            "topics/orders is not there");
  ASSERT_TRUE(apply({put("topics/orders")}).ok());
  EXPECT_EQ(refused({remove("topics/orders"), put("notes/orders/audit")}, Reason::missing),
            "its parent topics/orders is not there");
}

TEST_F(ParentsTest, KeepOneAnotherWithinTheirNamespace) {
  ASSERT_TRUE(apply({put("topics/orders")}).ok());
  Operation elsewhere = put("notes/orders/audit");
  elsewhere.name_space = "other";
  EXPECT_EQ(refused({elsewhere}, Reason::missing), "its parent topics/orders is not there");
  Operation parent = put("topics/orders");
  parent.name_space = "other";
  ASSERT_TRUE(apply({parent, elsewhere}).ok());
  ASSERT_TRUE(apply({remove("topics/orders")}).ok());
}

TEST_F(ParentsTest, ThatAreCalledMuchTheSameAreToldApart) {
  ASSERT_TRUE(apply({put("topics/ord"), put("topics/orders"), put("topics/ord-er"), put("notes/orders/audit"),
                     put("notes/ord-er/audit")})
                  .ok());
  ASSERT_TRUE(apply({remove("topics/ord")}).ok());
  EXPECT_EQ(refused({put("notes/Orders/audit2")}, Reason::missing), "its parent topics/Orders is not there");
}

TEST_F(ParentsTest, NamesHaveTheParentsAndTheirOwn) {
  ASSERT_TRUE(apply({put("topics/orders")}).ok());
  for (const char* name : {"audit", "orders", "orders/", "/audit", "orders/au", "orders/audit/x", "orders//audit", "/",
                           "orders/a_dit", "orders/a23456789012345678901234567890123456789012345678901"}) {
    EXPECT_EQ(refused({put("notes/" + std::string(name))}, Reason::invalid),
              '"' + std::string(name) +
                  "\" is no name: a name in notes has the name of one of topics, a \"/\", and 3 to 50 letters and "
                  "digits, \"-\"");
  }
  ASSERT_TRUE(apply({put("notes/orders/a2345678901234567890123456789012345678901234567890")}).ok());
}

TEST_F(ParentsTest, OfFilesGoWithTheirsOnly) {
  ASSERT_TRUE(apply({put("topics/orders"), put("notes/orders/audit")}, Origin::files).ok());
  ASSERT_TRUE(apply({put("notes/orders/mine")}).ok());
  EXPECT_EQ(refused({remove("topics/orders"), remove("notes/orders/audit")}, Reason::needed, Origin::files),
            "topics/orders cannot go: notes/orders/mine belongs to it");
  const Outcome mixed = apply({remove("topics/orders"), remove("notes/orders/audit"), remove("notes/orders/mine")});
  ASSERT_EQ(mixed.failures.size(), 2u);
  EXPECT_EQ(mixed.failures[0].reason, Reason::not_yours);
  EXPECT_EQ(mixed.failures[1].reason, Reason::not_yours);
}

TEST_F(ParentsTest, AreSaidAlikeByAllWhoDeclareTheType) {
  Declaration other = notes();
  other.parent = "clients";
  EXPECT_THAT(registry_.declare(other, recorder_), HasSubstr("another plugin says otherwise"));
  EXPECT_EQ(registry_.declare(notes(), recorder_), "");
  std::string parent;
  registry_.describe("notes", [&](const Declaration& one) { parent = one.parent; });
  EXPECT_EQ(parent, "topics");
}

TEST_F(ParentsTest, HaveNoParentThemselvesAndNoSlashInTheirNames) {
  Declaration deeper = notes();
  deeper.name = "remarks";
  deeper.parent = "notes";
  EXPECT_THAT(registry_.declare(deeper, recorder_), HasSubstr("\"notes\" cannot be the parent of \"remarks\": it has"));
  deeper.parent = "later";
  ASSERT_EQ(registry_.declare(deeper, recorder_), "");
  EXPECT_THAT(registry_.declare({.name = "later", .schema = R"({"type": "object"})", .parent = "topics"}, recorder_),
              HasSubstr("\"later\" cannot be the parent of \"remarks\": it has a parent itself"));
  EXPECT_THAT(
      registry_.declare({.name = "later", .schema = R"({"type": "object"})", .further_characters = "/"}, recorder_),
      HasSubstr("\"later\" cannot be the parent of \"remarks\": its names may have a '/'"));
  Declaration own = notes();
  own.name = own.parent = "selfish";
  EXPECT_THAT(registry_.declare(own, recorder_), HasSubstr("it cannot be its own parent"));
  Declaration slash = notes();
  slash.name = "slashes";
  slash.further_characters = "-/";
  EXPECT_THAT(registry_.declare(slash, recorder_), HasSubstr("cannot be among its further characters"));
}

}  // namespace
}  // namespace trellis::resources
