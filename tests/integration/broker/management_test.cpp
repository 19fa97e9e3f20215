// The management API and `trellis ctl`, over TCP and a Unix socket, with types that a plugin of the tests declares.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "json.hpp"
#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToken = "write-token-0123456789";

class ManagementSite : public SiteTest {
 protected:
  Site site(const std::string& token = kToken, const std::string& further = "") const {
    return {.shards = 2,
            .plugins = R"("service-machines": {"file": ")" + test_plugins() + R"(/service-machines.so"},
                          "service-management": {"config": {"tokens": [
                            {"name": "ops", "token": ")" +
                       token + R"(", "permissions": "write"},
                            {"name": "look", "token": "read-token-00123456789"}])" +
                       further + "}}",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-machines", "/management": "service-management"}},
                            {"name": "local", "address": "unix:)" +
                         socket() + R"(", "protocol": "transport-http",
                             "services": {"/management": "service-management"}},)"};
  }
  std::string socket() const { return folder_.path() + "/admin.sock"; }
  std::string url() { return "http://127.0.0.1:" + std::to_string(broker().port("web")) + "/management"; }
  std::string file(const std::string& name, const std::string& text) const { return folder_.write(name, text); }

  /// `trellis ctl` with a token, at the TCP port.
  CommandResult ctl(std::vector<std::string> words, const std::string& input = "", const std::string& token = kToken) {
    return ctl_at(url(), std::move(words), input, token);
  }
  static CommandResult ctl_at(const std::string& server, std::vector<std::string> words, const std::string& input = "",
                              const std::string& token = kToken) {
    words.insert(words.begin(), "ctl");
    return trellis(words, input, {"TRELLIS_SERVER=" + server, "TRELLIS_TOKEN=" + token});
  }
  /// curl, with the token; prints the body, and the status behind it.
  CommandResult curl(std::vector<std::string> words, const std::string& path) {
    std::vector<std::string> command{"curl",           "-sS", "-w",
                                     "\n%{http_code}", "-H",  std::string("Authorization: Bearer ") + kToken};
    command.insert(command.end(), words.begin(), words.end());
    command.push_back(url() + path);
    return run_command(command);
  }

  TemporaryDirectory folder_;
};

TEST_F(ManagementSite, IsSpokenToWithCurl) {
  start(site());
  const std::string press = "/namespaces/default/machines/press";
  const auto made =
      curl({"-X", "PUT", "-H", "Content-Type: application/json", "-d", R"({"properties": {"power": 3}})"}, press);
  EXPECT_THAT(made.out, HasSubstr("\n201")) << made.describe();
  const auto read = curl({"-i"}, press + "?api-version=2025-02-15");
  EXPECT_THAT(read.out, AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("cache-control: no-store"), HasSubstr("etag: \""),
                              HasSubstr(R"("properties":{"hall":"yard","power":3,"provisioningState":"Succeeded"})")));
  EXPECT_THAT(curl({"-I"}, press).out, AllOf(HasSubstr("HTTP/1.1 200"), Not(HasSubstr("yard"))));
  EXPECT_THAT(curl({"-X", "PUT", "-d", "{}"}, press).out, HasSubstr("\n415"));
  EXPECT_THAT(curl({"-X", "POST"}, press).out, HasSubstr("\n405"));
  const auto patched =
      curl({"-X", "PATCH", "-H", "Content-Type: application/merge-patch+json", "-d", R"({"properties": {"power": 4}})"},
           press);
  EXPECT_THAT(patched.out, AllOf(HasSubstr("\n200"), HasSubstr(R"("power":4)")));
  EXPECT_THAT(curl({}, "/namespaces/default/machines?$filter=name%20eq%20'press'").out, HasSubstr(R"("name":"press")"));
  const auto wrong = run_command({"curl", "-sS", "-i", url() + press});
  EXPECT_THAT(wrong.out, AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("www-authenticate: Bearer")));
  EXPECT_THAT(curl({"-X", "DELETE"}, press).out, HasSubstr("\n200"));
  EXPECT_THAT(curl({"-X", "DELETE"}, press).out, HasSubstr("\n204"));
  EXPECT_THAT(curl({"--http2-prior-knowledge"}, "/namespaces").out, HasSubstr(R"("name":"default")"));
  EXPECT_EQ(broker().output().find(kToken), std::string::npos);
}

TEST_F(ManagementSite, CtlReadsAndChanges) {
  start(site());
  EXPECT_EQ(ctl({"put", "machines", "press", "power=3"}).out, "machines/press created\n");
  EXPECT_EQ(ctl({"put", "machines", "press", "-f", file("press.json", "{\"power\": 5} // kW")}).out,
            "machines/press put\n");
  EXPECT_EQ(ctl({"put", "halls", "north", "-f", "-"}, "{}").out, "halls/north created\n");
  EXPECT_EQ(ctl({"patch", "machines", "press", "hall=north"}).out, "machines/press patched\n");
  const auto press = parse_json(ctl({"get", "machines", "press", "-o", "json"}).out);
  EXPECT_EQ(press["properties"]["power"], 5);
  EXPECT_EQ(press["properties"]["hall"], "north");
  EXPECT_THAT(ctl({"get", "machines", "press"}).out, HasSubstr("\n    \"hall\": \"north\",\n"));
  EXPECT_THAT(ctl({"list", "halls"}).out, AllOf(HasSubstr("NAME"), HasSubstr("\nnorth "), HasSubstr("\nyard ")));
  EXPECT_THAT(ctl({"list", "halls", "--filter", "nor"}).out, AllOf(HasSubstr("\nnorth "), Not(HasSubstr("yard"))));
  EXPECT_THAT(ctl({"list", "halls", "--filter", "not contains(name,'nor')"}).out, Not(HasSubstr("north")));
  const auto needed = ctl({"delete", "halls", "north"});
  EXPECT_EQ(needed.code, 1);
  EXPECT_THAT(needed.err, HasSubstr("halls/north cannot go: machines/press names it"));
  EXPECT_EQ(ctl({"delete", "machines", "press"}).out, "machines/press deleted\n");
  EXPECT_THAT(ctl({"delete", "machines", "press"}).err, HasSubstr("machines/press is not there"));
  EXPECT_THAT(ctl({"types"}).out, AllOf(HasSubstr(" of A-Z a-z 0-9"), HasSubstr(" halls\n")));
  EXPECT_EQ(ctl({"namespaces"}).out, "default\n");
  EXPECT_THAT(ctl({"put", "machines", "x", "power=much"}).err,
              HasSubstr("machines/x: /properties/power: \"much\" is text; expected a whole number"));
}

TEST_F(ManagementSite, CtlNamesWhatBelongsToAResourceBehindIt) {
  start(site());
  EXPECT_THAT(ctl({"put", "tools", "press/drill", "size=3"}).err, HasSubstr("parent machines/press is not there"));
  ctl({"put", "machines", "press", "power=3"});
  EXPECT_EQ(ctl({"put", "tools", "press/drill", "size=3"}).out, "tools/press/drill created\n");
  EXPECT_EQ(ctl({"patch", "tools", "press/drill", "size=4"}).out, "tools/press/drill patched\n");
  const auto drill = parse_json(ctl({"get", "tools", "press/drill", "-o", "json"}).out);
  EXPECT_EQ(drill["id"], "/namespaces/default/machines/press/tools/drill");
  EXPECT_EQ(drill["name"], "drill");
  EXPECT_EQ(drill["properties"]["size"], 4);
  EXPECT_THAT(curl({}, "/namespaces/default/machines/press/tools").out, HasSubstr(R"("name":"drill")"));
  EXPECT_THAT(ctl({"list", "tools"}).out, HasSubstr("\npress/drill "));
  EXPECT_THAT(ctl({"list", "tools", "--filter", "press/"}).out, HasSubstr("\npress/drill "));
  EXPECT_THAT(ctl({"list", "tools", "--filter", "mill/"}).out, Not(HasSubstr("drill")));
  EXPECT_THAT(ctl({"types"}).out, HasSubstr("machines/ and 3-50 of A-Z a-z 0-9 -"));
  EXPECT_THAT(ctl({"get", "halls", "a/b"}).err, HasSubstr("no type belongs to halls"));
  EXPECT_EQ(ctl({"delete", "tools", "press/drill"}).out, "tools/press/drill deleted\n");
  EXPECT_THAT(ctl({"delete", "tools", "press/drill"}).err, HasSubstr("tools/press/drill is not there"));
}

TEST_F(ManagementSite, WhatBelongsToAResourceIsAppliedListedAndDeletedWithIt) {
  start(site());
  const std::string plant =
      file("plant.json",
           R"({"tools": {"press/drill": {}, "mill/cutter": {"size": 2}}, "machines": {"press": {}, "mill": {}}})");
  EXPECT_EQ(ctl({"plan", "-f", plant}).code, 0);
  EXPECT_EQ(ctl({"apply", "-f", plant}).out, "4 created, 0 changed, 0 unchanged, 0 removed\n");
  const auto lines = ctl({"list", "tools", "-o", "json"}).out;
  EXPECT_EQ(ctl({"delete", "machines", "press"}).out, "machines/press deleted\n");
  EXPECT_THAT(ctl({"list", "tools"}).out, AllOf(HasSubstr("mill/cutter"), Not(HasSubstr("press/drill"))));
  EXPECT_THAT(ctl({"apply", "-f", file("tools.jsonl", lines)}).err,
              HasSubstr("tools/press/drill: its parent machines/press is not there"));
  EXPECT_THAT(ctl({"put", "machines", "press", "power=1"}).out, HasSubstr("created"));
  EXPECT_EQ(ctl({"apply", "-f", file("tools.jsonl", lines)}).out, "1 created, 0 changed, 1 unchanged, 0 removed\n");
  const std::string gone = file("gone.json", R"({"machines": {"press": null}, "tools": {"press/drill": null}})");
  EXPECT_EQ(ctl({"apply", "-f", gone}).out, "0 created, 0 changed, 0 unchanged, 2 removed\n");
}

TEST_F(ManagementSite, CtlSpeaksToAUnixSocket) {
  start(site());
  const std::string server = "unix:" + socket() + ":/management";
  EXPECT_EQ(ctl_at(server, {"put", "machines", "press", "power=3"}).out, "machines/press created\n");
  EXPECT_THAT(ctl_at("unix:" + socket(), {"list", "machines"}).out, HasSubstr("press "));
}

TEST_F(ManagementSite, CtlExplainsWhatWentWrong) {
  start(site());
  EXPECT_THAT(ctl({"types"}, "", "some-other-token-0123").err,
              HasSubstr("no such token is known here; the broker's configuration has them"));
  EXPECT_THAT(ctl({"put", "halls", "a", "-f", "-"}, "{}", "read-token-00123456789").err, HasSubstr("may only read"));
  EXPECT_THAT(ctl({"list", "mills"}).err, HasSubstr("there are: halls, machines"));
  EXPECT_THAT(ctl({"list", "machines", "--namespace", "moon"}).err, HasSubstr("there is no namespace \"moon\""));
  const std::string port = std::to_string(broker().port("admin"));
  EXPECT_THAT(ctl_at("http://127.0.0.1:" + port, {"types"}).err, HasSubstr("--server ends with the path"));
  const auto mqtt = ctl_at("http://127.0.0.1:" + std::to_string(broker().port()), {"types"});
  EXPECT_EQ(mqtt.code, 1);
  EXPECT_THAT(mqtt.err, HasSubstr("closed the connection without an answer"));
  const std::string gone = url();
  EXPECT_EQ(terminate(), 0);
  const auto nobody = ctl_at(gone, {"types"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("nobody listens at 127.0.0.1:"));
}

TEST_F(ManagementSite, FilesArePlannedAndApplied) {
  start(site());
  std::filesystem::create_directories(folder_.path() + "/plant");
  file("plant/a.json", "{\n  \"machines\": {\"press\": {\"hall\": \"north\"}} // named below\n}");
  file("plant/b.json", R"({"halls": {"north": {}}})");
  const std::string plant = folder_.path() + "/plant";
  const auto plan = ctl({"plan", "-f", plant});
  EXPECT_EQ(plan.code, 0) << plan.describe();
  EXPECT_EQ(plan.out, "+ halls/north\n+ machines/press\nplan: 2 created, 0 changed, 0 unchanged, 0 removed\n");
  EXPECT_EQ(ctl({"get", "halls", "north"}).code, 1);
  EXPECT_EQ(ctl({"apply", "-f", plant}).out, "2 created, 0 changed, 0 unchanged, 0 removed\n");
  file("plant/a.json", R"({"machines": {"press": {"hall": "north", "power": 2}}})");
  EXPECT_THAT(ctl({"plan", "-f", plant}).out, HasSubstr("= halls/north\n~ machines/press\n"));
  const auto summary = parse_json(ctl({"apply", "-f", plant, "-o", "json"}).out);
  EXPECT_EQ(summary["changed"], 1);
  EXPECT_EQ(summary["unchanged"], 1);
  const std::string lines = R"({"type": "halls", "name": "north", "properties": null}
{"type": "machines", "name": "press", "properties": null})";
  EXPECT_EQ(ctl({"apply", "-f", "-"}, lines).out, "0 created, 0 changed, 0 unchanged, 2 removed\n");
}

TEST_F(ManagementSite, MistakesInFilesStopTheApplyWithTheirLine) {
  start(site(kToken, R"(, "batch_operations": 2)"));
  std::string lines;
  for (int i = 0; i < 6; ++i)
    lines += "{\"type\": \"machines\", \"name\": \"m" + std::to_string(i) +
             "\", \"properties\": {\"power\": " + (i == 3 ? "9001" : "1") + "}}\n";
  const std::string path = file("many.jsonl", lines);
  const auto applied = ctl({"apply", "-f", path});
  EXPECT_EQ(applied.code, 1);
  EXPECT_THAT(applied.err, HasSubstr(path + ":4: machines/m3, power: that is too much\n"));
  EXPECT_THAT(applied.err, HasSubstr("stopped; 2 resources before are as they should be, 4 are left"));
  EXPECT_EQ(applied.out, "2 created, 0 changed, 0 unchanged, 0 removed\n");
  EXPECT_EQ(ctl({"get", "machines", "m1"}).code, 0);
  EXPECT_EQ(ctl({"get", "machines", "m2"}).code, 1) << "of the call that was refused";
}

TEST_F(ManagementSite, WhatIsListedMayBeAppliedAgain) {
  start(site());
  std::filesystem::create_directories(broker().directory() + "/resources");
  write("resources/plant.json", R"({"halls": {"west": {}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  std::string halls;
  for (int i = 0; i < 150; ++i)
    halls += R"({"type": "halls", "name": "h)" + std::to_string(i) +
             R"(", "properties": {}})"
             "\n";
  ASSERT_EQ(ctl({"apply", "-f", "-"}, halls).code, 0);
  const auto listed = ctl({"list", "halls", "-o", "json"});
  EXPECT_EQ(count(listed.out, "\n"), 152u);
  ASSERT_EQ(ctl({"delete", "halls", "h7"}).code, 0);
  EXPECT_EQ(ctl({"apply", "-f", "-"}, listed.out).out,
            "1 created, 0 changed, 149 unchanged, 0 removed, 2 skipped (not to be changed by calls)\n");
}

TEST_F(ManagementSite, WhatStandsInFilesOnlyFilesChange) {
  start(site());
  std::filesystem::create_directories(broker().directory() + "/resources");
  write("resources/plant.json", R"({"machines": {"press": {}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  const auto refused = ctl({"delete", "machines", "press"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("machines/press stands in the resource files; change it there and reload"));
  EXPECT_THAT(curl({"-X", "DELETE"}, "/namespaces/default/machines/press").out, HasSubstr("\n403"));
  EXPECT_THAT(ctl({"list", "machines"}).out, HasSubstr("files\n"));
}

TEST_F(ManagementSite, WhatBelongsToAResourceOfFilesKeepsIt) {
  start(site());
  std::filesystem::create_directories(broker().directory() + "/resources");
  write("resources/plant.json", R"({"machines": {"press": {}}, "tools": {"press/drill": {}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  const auto kept = ctl({"delete", "machines", "press"});
  EXPECT_EQ(kept.code, 1);
  EXPECT_THAT(kept.err,
              HasSubstr("machines/press cannot go: tools/press/drill belongs to it and stands in the resource files"));
  EXPECT_THAT(ctl({"put", "tools", "press/saw", "size=1"}).out, HasSubstr("created"));
  write("resources/plant.json", "{}");
  EXPECT_FALSE(reload(site()));
  EXPECT_TRUE(eventually([&] {
    return broker().output().find("machines/press cannot go: tools/press/saw belongs to it") != std::string::npos;
  })) << broker().output();
}

TEST_F(ManagementSite, ChangesAreWatchedWhoeverMakesThem) {
  start(site());
  ChildProcess watcher({"env", "TRELLIS_SERVER=" + url(), std::string("TRELLIS_TOKEN=") + kToken, trellis_program(),
                        "ctl", "watch", "machines"});
  ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_management_watches") == 1; }));
  EXPECT_EQ(ctl({"put", "machines", "press", "power=3"}).code, 0);
  const auto shows = [&](const std::string& line) {
    return watcher.wait_for_output([&](const std::string& text) { return text.find(line) != std::string::npos; },
                                   kPatience);
  };
  EXPECT_TRUE(shows("+ machines/press {\"hall\":\"yard\",\"power\":3,")) << watcher.output();
  std::filesystem::create_directories(broker().directory() + "/resources");
  write("resources/plant.json", R"({"machines": {"mill": {}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  EXPECT_TRUE(shows("+ machines/mill ")) << watcher.output();
  EXPECT_EQ(ctl({"delete", "machines", "press"}).code, 0);
  EXPECT_TRUE(shows("- machines/press\n")) << watcher.output();
  watcher.signal(SIGINT);
  const auto status = watcher.wait(kPatience);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(WIFSIGNALED(*status));
}

TEST_F(ManagementSite, AWatchGoesOnAfterTheBrokerWasStartedAnew) {
  start(site());
  ChildProcess watcher({"env", "TRELLIS_SERVER=unix:" + socket() + ":/management",
                        std::string("TRELLIS_TOKEN=") + kToken, trellis_program(), "ctl", "watch", "machines"});
  ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_management_watches") == 1; }));
  EXPECT_EQ(terminate(), 0);
  start(site());
  ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_management_watches") == 1; })) << watcher.output();
  EXPECT_EQ(ctl({"put", "machines", "press", "power=3"}).code, 0);
  const auto shown = [](const std::string& text) { return text.find("+ machines/press ") != std::string::npos; };
  EXPECT_TRUE(watcher.wait_for_output(shown, kPatience)) << watcher.output();
  watcher.signal(SIGINT);
  EXPECT_TRUE(watcher.wait(kPatience).has_value());
}

TEST_F(ManagementSite, AnEtagOfBeforeARestartIsNeverThatOfSomethingElse) {
  start(site());
  const std::string press = "/namespaces/default/machines/press";
  const auto etag = [&] { return parse_json(ctl({"get", "machines", "press", "-o", "json"}).out)["etag"].asString(); };
  const auto status = [&](const std::vector<std::string>& words) {
    const std::string out = curl(words, press).out;
    return out.substr(out.rfind('\n') + 1);
  };
  ASSERT_EQ(ctl({"put", "machines", "press", "power=3"}).code, 0);
  const std::string before = etag();
  EXPECT_EQ(status({"-H", "If-None-Match: " + before}), "304");
  EXPECT_EQ(terminate(), 0);
  start(site());
  ASSERT_EQ(ctl({"put", "machines", "press", "power=4"}).code, 0);
  EXPECT_NE(etag(), before);
  EXPECT_EQ(status({"-H", "If-None-Match: " + before}), "200");
  EXPECT_EQ(status({"-X", "DELETE", "-H", "If-Match: " + before}), "412");
  EXPECT_EQ(status({"-H", "If-None-Match: " + etag()}), "304");
}

TEST_F(ManagementSite, ApplyFindsUnknownTypesAndUnreadableFilesBeforeAnythingIsSent) {
  start(site());
  const std::string good = file("a.json", R"({"halls": {"north": {}}})");
  const auto unknown = ctl({"apply", "-f", good, "-f", file("b.json", "{\n\"mills\": {\n\"one\": {}}}")});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err,
              AllOf(HasSubstr("b.json:3: mills/one: the broker has no such type"), HasSubstr("nothing was changed")));
  const auto broken = ctl({"apply", "-f", good, "-f", file("c.json", "{\"halls\": ")});
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.err, HasSubstr("c.json"));
  const auto missing = ctl({"apply", "-f", good, "-f", folder_.path() + "/none.json"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("cannot read "));
  EXPECT_EQ(ctl({"get", "halls", "north"}).code, 1) << "what was good was not sent either";
  EXPECT_EQ(metrics().sum("trellis_management_changes_total"), 0);
}

TEST_F(ManagementSite, AReloadChangesTokensAndAnswersThoseWhoWait) {
  start(site());
  const auto revision =
      parse_json(ctl({"list", "machines", "-o", "json"}).code == 0
                     ? run_command({"curl", "-sS", "-H", std::string("Authorization: Bearer ") + kToken,
                                    url() + "/namespaces/default/machines"})
                           .out
                     : "null")["revision"]
          .asString();
  ChildProcess waiting({"curl", "-sS", "-w", "\n%{http_code}\n", "-H", std::string("Authorization: Bearer ") + kToken,
                        url() + "/namespaces/default/machines?watch=" + revision});
  ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_management_watches") == 1; }));
  const std::string other = "another-token-0123456789";
  ASSERT_TRUE(reload(site(other))) << broker().output();
  EXPECT_TRUE(waiting.wait_for_output([](const std::string& text) { return text.find("\n200") != std::string::npos; },
                                      kPatience))
      << waiting.output();
  EXPECT_EQ(ctl({"types"}).code, 1);
  EXPECT_EQ(ctl({"types"}, "", other).code, 0);
  const auto past = run_command({"curl", "-sS", "-H", "Authorization: Bearer " + other,
                                 url() + "/namespaces/default/machines?watch=" + revision});
  EXPECT_THAT(past.out, HasSubstr("WatchExpired"));
}

TEST_F(ManagementSite, AKeptConnectionDoesNotOutliveItsToken) {
  start(site());
  HttpClient kept(broker().port("web"));
  const std::string token = std::string("Authorization: Bearer ") + kToken + "\r\n";
  EXPECT_EQ(kept.get("/management/types", "localhost", token).status, 200);
  ASSERT_TRUE(reload(site("another-token-0123456789"))) << broker().output();
  EXPECT_TRUE(kept.closed()) << "the next request comes to whoever knows the new token";
}

/// With topic spaces, and what the plugin's examples put into them.
class ManagementRights : public ManagementSite {
 protected:
  void start_with_topic_spaces() {
    Site rights = site();
    rights.authorizers = R"("authorizer-topic-spaces")";
    start(rights);
  }
  static std::string plant() { return std::string(TRELLIS_PLUGINS) + "/service-management/examples/plant"; }
};

TEST_F(ManagementRights, AreAppliedAndExplained) {
  start_with_topic_spaces();
  const auto lacking = ctl({"explain", "--client", "press-04", "--publish", "state/press-04/speed"});
  EXPECT_EQ(lacking.code, 1);
  EXPECT_THAT(lacking.out, HasSubstr("\nnot allowed\n")) << lacking.describe();
  EXPECT_THAT(ctl({"plan", "-f", plant()}).out, HasSubstr("plan: 9 created, 0 changed, 0 unchanged, 0 removed\n"));
  EXPECT_THAT(ctl({"apply", "-f", plant()}).out, HasSubstr("9 created"));
  const auto allowed = ctl({"explain", "--client", "press-04", "--publish", "state/press-04/speed"});
  EXPECT_EQ(allowed.code, 0) << allowed.describe();
  EXPECT_THAT(allowed.out, AllOf(HasSubstr("machines-tell"), HasSubstr("\nallowed\n")));
  const auto other = parse_json(
      ctl({"explain", "--client", "press-04", "--subscribe", "state/#", "--namespace=default", "-o", "json"}).out);
  EXPECT_FALSE(other["allowed"].asBool());
  EXPECT_FALSE(other["steps"].empty());
}

TEST_F(ManagementRights, TheGroupOfAllClientsIsBuiltIn) {
  start_with_topic_spaces();
  EXPECT_THAT(ctl({"list", "clientGroups"}).out, HasSubstr("\n$all "));
  EXPECT_EQ(parse_json(ctl({"get", "clientGroups", "$all", "-o", "json"}).out)["managedBy"], "broker");
  EXPECT_THAT(ctl({"put", "clientGroups", "$all", "query=attributes.a = 1"}).err, HasSubstr("is built in"));
  EXPECT_EQ(ctl({"put", "topicSpaces", "news", R"(topicTemplates=["news/#"])"}).code, 0);
  EXPECT_EQ(ctl({"put", "permissionBindings", "all-read", "clientGroupName=$all", "topicSpaceName=news",
                 "permission=Subscriber"})
                .code,
            0);
  EXPECT_THAT(ctl({"delete", "topicSpaces", "news"}).err, HasSubstr("permissionBindings/all-read names it"));
  EXPECT_EQ(ctl({"explain", "--client", "anybody", "--subscribe", "news/today"}).code, 0);
  EXPECT_THAT(ctl({"put", "clientGroups", "wrong", "query=attributes.a LIKE 1"}).err,
              HasSubstr("clientGroups/wrong: /properties/query: "));
}

TEST_F(ManagementRights, TypesComeInTheOrderInWhichTheyNameEachOther) {
  start_with_topic_spaces();
  const std::string types = ctl({"types"}).out;
  EXPECT_LT(types.find("topicSpaces"), types.find("permissionBindings"));
  EXPECT_THAT(types, HasSubstr("clientGroups, topicSpaces\n"));
  EXPECT_EQ(
      ctl({"patch", "namespaces", "default", R"(topicSpacesConfiguration={"maximumSessionExpiryInHours":2})"}).code, 0);
  EXPECT_THAT(ctl({"get", "namespaces", "default"}).out, HasSubstr("\"maximumSessionExpiryInHours\": 2"));
}

TEST_F(ManagementRights, ANamespaceIsPutWithItsWholeBody) {
  start_with_topic_spaces();
  const auto put = [&](const std::string& body) {
    return curl({"-X", "PUT", "-H", "Content-Type: application/json", "-d", body}, "/namespaces/default").out;
  };
  const auto whole = [](const std::string& more) {
    return R"({"location": "here", "tags": {"a": "b"}, "sku": {"name": "Standard", "capacity": 2},
      "identity": {"type": "None"}, "properties": {
      "isZoneRedundant": true, "publicNetworkAccess": "Enabled", "inboundIpRules": [], "minimumTlsVersionAllowed": "1.2",
      "topicsConfiguration": {"hostname": "a.example.com", "customDomains": []},
      "topicSpacesConfiguration": {"state": "Enabled", "hostname": "b.example.com",
        "routingIdentityInfo": {"type": "None"}, "maximumSessionExpiryInHours": 1,
        "maximumClientSessionsPerAuthenticationName": 1,
        "clientAuthentication": {"alternativeAuthenticationNameSources": []}, "customDomains": [])" +
           more + "}}}";
  };
  const std::string empty = R"(, "routeTopicResourceId": "", "routingEnrichments": {"static": [], "dynamic": []})";
  const std::string made = put(whole(empty));
  EXPECT_THAT(made, AllOf(HasSubstr("\n201"), HasSubstr(R"("sku":{"capacity":2,"name":"Standard"})"),
                          HasSubstr(R"("location":"here")"), HasSubstr(R"("identity":{"type":"None"})"),
                          HasSubstr(R"("isZoneRedundant":true)"), Not(HasSubstr("example.com"))));
  EXPECT_THAT(put(whole(R"(, "routeTopicResourceId": "/x/namespaces/default/topics/t")")),
              AllOf(HasSubstr("\n400"), HasSubstr("/properties/topicSpacesConfiguration/routeTopicResourceId")));
  EXPECT_THAT(put(whole(R"(, "routingEnrichments": {"static": [{"key": "a", "value": "b"}]})")),
              AllOf(HasSubstr("\n400"), HasSubstr("nothing is routed that they could be added to")));
  EXPECT_THAT(put(R"({"sku": {"capacity": 99}, "properties": {}})"),
              AllOf(HasSubstr("\n400"), HasSubstr("/sku/capacity")));
  EXPECT_THAT(put(R"({"properties": {"isZoneRedundant": false}})"), HasSubstr("cannot be changed after creation"));
  const std::string printed = file("namespace.json", ctl({"get", "namespaces", "default"}).out);
  EXPECT_EQ(ctl({"put", "namespaces", "default", "-f", printed}).code, 0);
  EXPECT_THAT(ctl({"apply", "-f", printed}).out, HasSubstr("1 unchanged"));
}

/// Many at once: 2,000, or as many as TRELLIS_TEST_BULK says.
class ManagementBulk : public ManagementRights {
 protected:
  static std::size_t number() {
    const char* const text = std::getenv("TRELLIS_TEST_BULK");
    return text == nullptr ? 2000 : std::stoul(text);
  }
};

TEST_F(ManagementBulk, IsAppliedInCallsOfSome) {
  Site quiet = site();
  quiet.log = R"("level": "warn")";  // without a line for each of them
  quiet.authorizers = R"("authorizer-topic-spaces")";
  start(quiet);
  std::string lines;
  for (std::size_t i = 0; i < number(); ++i)
    lines += R"({"type": "clients", "name": "press-)" + std::to_string(i) +
             R"(", "properties": {"attributes": {"kind": "press", "floor": )" + std::to_string(i % 40) + "}}}\n";
  const std::string path = file("many.jsonl", lines);
  const auto timed = [&](const std::string& what) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = ctl({"apply", "-f", path, "-o", "json"});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << number() << ' ' << what << " in " << seconds.count() << " s\n";
    EXPECT_EQ(result.code, 0) << result.err;
    return parse_json(result.out);
  };
  EXPECT_EQ(timed("created")["created"].asUInt64(), number());
  EXPECT_EQ(timed("unchanged")["unchanged"].asUInt64(), number());
  EXPECT_EQ(metrics().sum("trellis_management_changes_total", "change=\"created\""), static_cast<double>(number()));
}

}  // namespace
}  // namespace trellis::testing
