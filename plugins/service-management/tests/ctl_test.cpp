// The pieces of trellis ctl that need no broker.
#include "ctl/ctl.hpp"

#include <gmock/gmock-matchers.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "ctl/address.hpp"
#include "ctl/fill.hpp"
#include "ctl/manifests.hpp"
#include "ctl/order.hpp"
#include "ctl/printable.hpp"
#include "ctl/server.hpp"
#include "ctl/show.hpp"
#include "ctl/words.hpp"

namespace management::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder for files, and a terminal that keeps what is written.
class Ctl : public ::testing::Test {
 protected:
  Ctl() {
    std::string name = (std::filesystem::temp_directory_path() / "ctl-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    terminal_.out = [this](std::string_view text) { out_ += text; };
    terminal_.err = [this](std::string_view text) { err_ += text; };
    terminal_.environment = [this](const char* name_of) -> std::optional<std::string> {
      const auto found = environment_.find(name_of);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  ~Ctl() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  int run(const std::vector<std::string_view>& words) {
    out_.clear();
    err_.clear();
    return run_ctl(words, terminal_);
  }
  /// "type/name properties place" of each, the folder left out.
  std::vector<std::string> manifests(const std::vector<std::string>& paths) {
    const auto read = read_manifests(paths, terminal_);
    if (!read) return {read.error().text.substr(read.error().text.find('/') == 0 ? folder_.string().size() + 1 : 0)};
    std::vector<std::string> lines;
    for (const Manifest& one : read->all) {
      lines.push_back((one.name_space.empty() ? "" : one.name_space + ':') + one.type + '/' + one.name + ' ' +
                      one.properties.value_or("-") + ' ' + one.place.substr(folder_.string().size() + 1));
    }
    return lines;
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;
  Terminal terminal_;
  std::string out_, err_;
};

TEST_F(Ctl, WrongWordsAreExplained) {
  const std::pair<std::vector<std::string_view>, const char*> wrong[] = {
      {{}, "what is to be done is missing"},
      {{"fetch", "clients"}, "unknown action \"fetch\""},
      {{"get"}, "usage: trellis ctl get TYPE [NAME]"},
      {{"backup"}, "usage: trellis ctl backup NAME"},
      {{"list", "clients", "a"}, "usage: trellis ctl list TYPE"},
      {{"put", "clients", "a"}, "usage: trellis ctl put TYPE NAME -f FILE"},
      {{"put", "clients", "a", "x=1", "-f", "y"}, "usage: trellis ctl put"},
      {{"apply"}, "usage: trellis ctl apply -f FILE"},
      {{"get", "clients", "--client", "x"}, "--client does not belong to get"},
      {{"get", "clients", "-f", "x"}, "-f does not belong to get"},
      {{"explain", "--client", "x"}, "usage: trellis ctl explain --client C"},
      {{"explain", "--client", "x", "--publish", "t", "--subscribe", "f"}, "usage: trellis ctl explain"},
      {{"list", "clients", "--filter"}, "after --filter: a value is missing"},
      {{"list", "clients", "--timeout=soon"}, "after --timeout: expected seconds, 1 to 3600"},
      {{"list", "clients", "--colour=red"}, "unknown option --colour"},
      {{"list", "clients", "--token", "x"}, "is seen by everybody on this machine"}};
  for (const auto& [words, message] : wrong) {
    EXPECT_EQ(run(words), kUsage) << message;
    EXPECT_THAT(err_, HasSubstr(message));
  }
  EXPECT_EQ(run({"get", "--help"}), kDone);
  EXPECT_THAT(out_, HasSubstr("Usage: trellis ctl ACTION"));
}

TEST_F(Ctl, WithoutATokenItSaysWhereOneIsPut) {
  EXPECT_EQ(run({"types"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("name that with --token-file, or into the environment as TRELLIS_TOKEN"));
  EXPECT_EQ(run({"types", "--token-file", "/nothing/here"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("cannot read the token file /nothing/here"));
}

TEST_F(Ctl, NobodyThereIsExplained) {
  environment_["TRELLIS_TOKEN"] = "0123456789abcdef";
  EXPECT_EQ(run({"types", "--server", "unix:" + (folder_ / "none.sock").string()}), kFailed);
  EXPECT_THAT(err_, HasSubstr("nobody listens at unix:"));
  EXPECT_THAT(err_, HasSubstr("\"services\": {\"/management\": \"service-management\"}"));
}

TEST(CtlAddress, IsAPlaceOnThisMachine) {
  const auto usual = parse_address("http://127.0.0.1:9090");
  EXPECT_EQ(usual->mount, "/management");
  EXPECT_EQ(usual->port, 9090);
  EXPECT_EQ(parse_address("http://localhost:9090/admin/api/")->mount, "/admin/api");
  EXPECT_EQ(parse_address("http://localhost:9090/admin")->host, "127.0.0.1");
  EXPECT_EQ(parse_address("http://[::1]:9090/")->mount, "");
  EXPECT_EQ(parse_address("http://[::1]:9090/")->host, "::1");
  EXPECT_EQ(parse_address("unix:/run/a.sock")->socket, "/run/a.sock");
  EXPECT_EQ(parse_address("unix:/run/a.sock")->mount, "/management");
  EXPECT_EQ(parse_address("unix:/run/a.sock:/api")->mount, "/api");
}

TEST(CtlAddress, OthersAreRefusedWithAWayOut) {
  EXPECT_THAT(parse_address("https://broker.example.com").error().text, HasSubstr("ssh -L 9090:127.0.0.1:9090"));
  EXPECT_THAT(parse_address("http://broker.example.com:9090").error().text, HasSubstr("in plain text; use a tunnel"));
  EXPECT_THAT(parse_address("http://127.example.com:9090").error().text, HasSubstr("is not this machine"));
  EXPECT_THAT(parse_address("broker").error().text, HasSubstr("expected http://"));
  EXPECT_THAT(parse_address("unix:run/a.sock").error().text, HasSubstr("begins with '/'"));
}

TEST_F(Ctl, FilesAreLikeThoseOfTheBroker) {
  environment_["HALL"] = "north";
  write("ca.pem", "PEM\n");
  const std::string file = write("plant.json", R"({
  // the plant
  "namespace": "works",
  "x-note": {"any": "thing"},
  "halls": {"north": {}},
  "machines": { /* all
                   of them */
    "press": {"hall": "${env:HALL}", "topic": "a/${client.attributes.x}/$${b}"},
    "mill": {"certificate": "${file:ca.pem}"}
  }
})");
  EXPECT_THAT(
      manifests({file}),
      ElementsAre("works:halls/north {} plant.json:5",
                  R"(works:machines/press {"hall":"north","topic":"a/${client.attributes.x}/${b}"} plant.json:8)",
                  R"(works:machines/mill {"certificate":"PEM"} plant.json:9)"));
}

TEST_F(Ctl, FilesMayHaveLinesOrAList) {
  const std::string lines = write("a.jsonl", R"({"type": "halls", "name": "a", "properties": {"x": 1}}

{"type": "Microsoft.EventGrid/namespaces/halls", "name": "b", "properties": null}
{"type": "halls", "name": "yard", "managedBy": "broker", "properties": {}}
)");
  EXPECT_THAT(manifests({lines}), ElementsAre(R"(halls/a {"x": 1} a.jsonl:1)", "halls/b - a.jsonl:3"));
  EXPECT_EQ(read_manifests({lines}, terminal_)->skipped, 1u);
  const std::string list = write("b.json", "[\n{\"type\": \"halls\", \"name\": \"c\", \"properties\": {}}]");
  const std::string one = write("c.json", "{\"type\": \"halls\",\n \"name\": \"d\", \"properties\": {}}");
  EXPECT_THAT(manifests({list, one}), ElementsAre("halls/c {} b.json:2", "halls/d {} c.json:1"));
  write("ignored.txt", "nonsense");
  EXPECT_EQ(manifests({folder_.string()}).size(), 4u);
}

TEST_F(Ctl, WhatBelongsToSomethingHasItsParentsName) {
  EXPECT_THAT(manifests({write("a.json", R"({"eventSubscriptions": {"orders/audit": {}}, "topics": {"orders": {}}})")}),
              ElementsAre("eventSubscriptions/orders/audit {} a.json:1", "topics/orders {} a.json:1"));
  const std::string shown =
      R"("name": "audit", "type": "Microsoft.EventGrid/namespaces/topics/eventSubscriptions", "properties": {}})";
  EXPECT_THAT(
      manifests({write("b.jsonl", R"({"id": "/namespaces/n/topics/orders/eventSubscriptions/audit", )" + shown + "\n" +
                                      R"({"type": "eventSubscriptions", "name": "a/b", "properties": {}})")}),
      ElementsAre("eventSubscriptions/orders/audit {} b.jsonl:1", "eventSubscriptions/a/b {} b.jsonl:2"));
  EXPECT_THAT(manifests({write("c.jsonl", "{" + shown)}), ElementsAre(HasSubstr("c.jsonl:1: \"name\": expected")));
}

TEST_F(Ctl, MistakesInFilesAreToldWithTheirLine) {
  EXPECT_THAT(manifests({write("a.jsonl", "{\"type\": \"halls\", \"name\": \"a\", \"properties\": {}}\n{")}),
              ElementsAre(HasSubstr("a.jsonl:2: JSON, byte 1")));
  EXPECT_THAT(manifests({write("b.json", "[\n\n{\"type\": \"halls\", \"name\": \"a\"}]")}),
              ElementsAre("b.json:3: \"properties\" is missing; null removes halls/a"));
  EXPECT_THAT(manifests({write("c.json", "{\"halls\": {\n\"a\": {\"x\": \"${env:NONE}\"}}}")}),
              ElementsAre("c.json:2: the environment has no NONE"));
  EXPECT_THAT(manifests({write("d.json", "{\"halls\": {\n\"a\": {\"x\": \"${wrong}\"}}}")}),
              ElementsAre(HasSubstr("d.json:2: ${wrong}: known are")));
  EXPECT_THAT(manifests({write("e.json", "{\"halls\": []}")}), ElementsAre(HasSubstr("expected an object")));
  EXPECT_THAT(manifests({(folder_ / "none.json").string()}), ElementsAre(HasSubstr("cannot read ")));
}

TEST(CtlFill, CommentsBecomeBlanks) {
  EXPECT_EQ(without_comments("{\"a//b\": 1} // c\n/* d\n */x"), "{\"a//b\": 1}     \n    \n   x");
  EXPECT_EQ(without_comments("\"\\\"//\""), "\"\\\"//\"");
  EXPECT_EQ(without_comments("/* open"), "       ");
}

TEST_F(Ctl, PropertiesOfOneComeFromPairsOrAFile) {
  EXPECT_EQ(*read_pairs({"state=Enabled", "power=3", "list=[1,2]", "text=a=b", "gone=null"}),
            R"({"state":"Enabled","power":3,"list":[1,2],"text":"a=b","gone":null})");
  EXPECT_THAT(read_pairs({"state"}).error().text, HasSubstr("expected key=value"));
  EXPECT_EQ(*read_one(write("a.json", "{\"x\": 1} // one"), terminal_), R"({"x":1})");
  EXPECT_EQ(*read_one(write("b.json", R"({"name": "b", "properties": {"x": 1}})"), terminal_), R"({"x":1})");
}

constexpr std::string_view kTypes = R"({"batchOperations": 3, "value": [
  {"name": "clients", "references": []}, {"name": "clientGroups", "references": []}, {"name": "topicSpaces", "references": []},
  {"name": "permissionBindings", "references": [{"property": "g", "type": "clientGroups"}, {"property": "s", "type": "topicSpaces"}]}]})";

std::vector<std::string> batches(const std::vector<std::string>& wanted) {
  Manifests manifests;
  for (const std::string& one : wanted) {
    const bool goes = one.starts_with('-');
    const std::size_t slash = one.find('/');
    manifests.all.push_back({"", one.substr(goes ? 1 : 0, slash - (goes ? 1 : 0)), one.substr(slash + 1),
                             goes ? std::nullopt : std::optional<std::string>("{}"), ""});
  }
  std::vector<std::string> out;
  for (const Batch& batch : batches_of(manifests, TypeOrder(*trellis::json::parse(kTypes)), "default")) {
    std::string line;
    for (const Manifest* one : batch.manifests) line += (one->properties ? "+" : "-") + one->name;
    out.push_back(line);
  }
  return out;
}

TEST(CtlOrder, WhatOthersNameComesFirstAndGoesLast) {
  EXPECT_THAT(batches({"permissionBindings/b", "clientGroups/g", "topicSpaces/s"}), ElementsAre("+g+s+b"));
  EXPECT_THAT(batches({"-clientGroups/g", "-permissionBindings/b", "topicSpaces/s"}), ElementsAre("+s-b-g"));
}

TEST(CtlOrder, CallsAreFilledWithWhatNamesEachOther) {
  EXPECT_THAT(batches({"clients/1", "permissionBindings/b", "clients/2", "clients/3", "clientGroups/g", "clients/4"}),
              ElementsAre("+1+2+3", "+4", "+g+b"));
  EXPECT_THAT(batches({"unknown/u", "clients/1"}), ElementsAre("+1", "+u"));
}

TEST(CtlOrder, WhatBelongsToSomethingComesWithIt) {
  const TypeOrder order(*trellis::json::parse(
      R"({"value": [{"name": "halls", "references": []}, {"name": "topics", "references": []},
                    {"name": "eventSubscriptions", "parent": "topics", "references": []}]})"));
  EXPECT_EQ(order.group("topics"), order.group("eventSubscriptions"));
  EXPECT_NE(order.group("topics"), order.group("halls"));
  EXPECT_EQ(order.most("topics"), 1000u);
}

TEST(CtlOrder, CallsOfWhatNamesNobodyAreShort) {
  const TypeOrder order(
      *trellis::json::parse(R"({"batchOperations": 1000, "value": [{"name": "clients", "references": []},
    {"name": "halls", "references": []}, {"name": "machines", "references": [{"property": "hall", "type": "halls"}]}]})"));
  EXPECT_EQ(order.most("clients"), 250u);
  EXPECT_EQ(order.most("halls"), 1000u);
  EXPECT_EQ(order.most("machines"), 1000u);
}

TEST_F(Ctl, WhatGetPrintedIsNotFilledIn) {
  environment_["SECRET"] = "0000";
  for (const char* member : {"id", "etag"})
    EXPECT_EQ(
        *read_one(write("a.json", "{\"" + std::string(member) + R"(": "x", "properties": {"x": "${env:SECRET}"}})"),
                  terminal_),
        R"({"x": "${env:SECRET}"})");
  EXPECT_EQ(*read_one(write("b.json", R"({"properties": {"x": "${env:SECRET}"}})"), terminal_), R"({"x":"0000"})");
}

TEST_F(Ctl, OfANamespaceWhatStandsBesideItsPropertiesComesAlong) {
  constexpr const char* kPrinted =
      R"({"id": "/namespaces/default", "name": "default", "type": "Microsoft.EventGrid/namespaces", "tags": {"a": "b"}, "properties": {"x": 1}})";
  EXPECT_EQ(*read_one(write("a.json", kPrinted), terminal_), R"({"tags":{"a": "b"},"x":1})");
  EXPECT_THAT(manifests({write("b.jsonl", kPrinted)}),
              ElementsAre(R"(namespaces/default {"tags":{"a": "b"},"x":1} b.jsonl:1)"));
}

TEST(CtlPrintable, NothingReachesTheTerminalThatMovesItsCursor) {
  EXPECT_EQ(printable("a\x1b[2Jb\x07\x7f\n\t\xc3\xa4"), "a\\x1b[2Jb\\x07\\x7f\n\\x09\xc3\xa4");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J\xc2\xa0|\x9b|\xff|\xe2\x82\xac|\xe2\x82"),
            "\\xc2\\x9b2J\xc2\xa0|\\x9b|\\xff|\xe2\x82\xac|\\xe2\\x82");
  EXPECT_EQ(printable_in_line("a\nb"), "a\\x0ab");
  EXPECT_EQ(table({{"\x1b]0;x", "allowed\nnot"}}), "\\x1b]0;x  allowed\\x0anot\n");
}

TEST(CtlSentence, HasEveryDetailInALineAndNoTargetTwice) {
  const std::string two = R"json({"error": {"message": "a (and 1 more)", "target": "/x", "details": [
      {"message": "a", "target": "/x"}, {"message": "b\u001b[m", "target": "/y"}]}})json";
  EXPECT_EQ(sentence_of({400, two}), "/x: a\n  /y: b\\x1b[m");
  const std::string once = R"json({"error": {"message": "$filter: wrong", "target": "$filter"}})json";
  EXPECT_EQ(sentence_of({400, once}), "$filter: wrong");
  EXPECT_EQ(sentence_of({404, R"json({"error": 7})json"}), "");
}

TEST(CtlOrder, KnowsTypesHoweverTheyAreWritten) {
  const auto answer = trellis::json::parse(R"({"value": [{"name": "clientGroups"}, {}]})");
  const TypeOrder order(*answer);
  EXPECT_TRUE(order.knows("clientgroups"));
  EXPECT_FALSE(order.knows("clients"));
}

TEST(CtlShow, JsonIsIndentedAndListsHaveColumns) {
  const auto value = trellis::json::parse(R"({"a":{"b":[1,2],"c":[{"d":"\u00e4"}]},"e":{}})");
  EXPECT_EQ(pretty(*value), R"({
  "a": {
    "b": [1, 2],
    "c": [
      {
        "d": "\u00e4"
      }
    ]
  },
  "e": {}
})");
  EXPECT_EQ(in_one_line(*value), R"({"a":{"b":[1,2],"c":[{"d":"\u00e4"}]},"e":{}})");
  EXPECT_EQ(table({{"NAME", "N"}, {"a", ""}, {"longer", "2"}}), "NAME    N\na\nlonger  2\n");
}

}  // namespace
}  // namespace management::ctl
