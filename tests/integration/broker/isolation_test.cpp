// Plugins in processes of their own: when they end, hang or mean harm, nobody else notices more than the fallback.
#include <fcntl.h>

#include <atomic>
#include <thread>

#include "isolated_site.hpp"
#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

using Clock = std::chrono::steady_clock;

class Isolation : public IsolatedSite {};

// What it held at most.
long most_memory_kib(pid_t process) {
  const std::string status = text_of("/proc/" + std::to_string(process) + "/status");
  return std::stol(status.substr(status.find("VmHWM:") + 6));
}

TEST_F(Isolation, RunsBesideTheBrokerAndEndsWithIt) {
  start({.plugins = stage(), .space = kStaged});
  EXPECT_EQ(processes().size(), 1u);
  auto client = connected();
  EXPECT_TRUE(dropped(client));
  const pid_t child = process_of("stage-topic-prefix");
  ASSERT_NE(child, 0);
  EXPECT_EQ(terminate(), 0);
  EXPECT_NE(::kill(child, 0), 0) << "it outlived the broker";
}

TEST_F(Isolation, EndsWithABrokerThatIsKilled) {
  start({.plugins = stage(), .space = kStaged});
  const pid_t child = process_of("stage-topic-prefix");
  ASSERT_NE(child, 0);
  broker().process().signal(SIGKILL);
  EXPECT_TRUE(eventually([&] {
    return ::kill(child, 0) != 0 ||
           text_of("/proc/" + std::to_string(child) + "/stat").find(") Z") != std::string::npos;
  }));
  broker().start_again(SIGKILL);
}

TEST_F(Isolation, WhoHangsCostsOneDeadlineAndIsReplaced) {
  start({.plugins = stage(R"(, "isolation": "process", "fallback": "pass", "deadline": "300ms")"), .space = kStaged});
  auto client = connected();
  auto other = connected();
  client.subscribe({{.filter = "bad/first", .qos = 0}});
  EXPECT_TRUE(dropped(other));
  const pid_t process = process_of("stage-topic-prefix");
  halt(process);
  const auto begun = Clock::now();
  other.publish({.topic = "bad/first", .payload = "1", .qos = 1});
  const auto first = Clock::now() - begun;
  for (int i = 0; i < 20; ++i) other.publish({.topic = "bad/more", .payload = "2", .qos = 1});
  const auto more = Clock::now() - begun - first;
  EXPECT_GE(first, std::chrono::milliseconds(250));
  EXPECT_LT(first, std::chrono::seconds(5));
  EXPECT_LT(more, first * 20) << "each of them waited";
  EXPECT_EQ(client.expect(PacketType::publish).topic, "bad/first");  // passed, as the fallback says
  EXPECT_GE(metrics().sum("trellis_plugin_process_timeouts_total"), 1);
  EXPECT_GE(fallbacks("on_messages"), 21);
  // Whoever does not come back is ended.
  EXPECT_TRUE(eventually([&] { return restarts() == 1; })) << broker().output();
  EXPECT_TRUE(eventually([&] { return dropped(other); }));
}

TEST_F(Isolation, WhoComesBackInTimeGoesOn) {
  start({.plugins = stage(R"(, "isolation": "process", "fallback": "pass", "deadline": "20ms")"), .space = kStaged});
  auto client = subscribed(Version::v5, {.filter = "bad/x"});
  auto publisher = connected();
  const pid_t process = process_of("stage-topic-prefix");
  halt(process);
  publisher.publish({.topic = "bad/x", .payload = "meanwhile", .qos = 1});
  client.expect_publish("meanwhile");
  ASSERT_EQ(::kill(process, SIGCONT), 0);
  EXPECT_TRUE(eventually([&] { return dropped(publisher); }));
  EXPECT_EQ(process_of("stage-topic-prefix"), process);
  EXPECT_EQ(restarts(), 0);
}

TEST_F(Isolation, WhoWritesOverTheRingsIsEndedAndNobodyElse) {
  start({.plugins = probe("service-probe-allowed"), .listeners = http(R"("/probe": "service-probe-allowed")")});
  auto bystander = connected();
  for (int times = 1; times <= 3; ++times) {
    EXPECT_EQ(http_get(broker().port("http"), "/probe/scribble").status, 503);
    EXPECT_TRUE(eventually([&] { return restarts() == times; })) << broker().output();
    EXPECT_TRUE(eventually([&] { return http_get(broker().port("http"), "/probe/id").status == 200; }));
  }
  bystander.expect_nothing();
}

TEST_F(Isolation, WhoAbortsLeavesARequestWithAnAnswer) {
  start({.plugins = probe("service-probe"), .listeners = http(R"("/probe": "service-probe")")});
  EXPECT_EQ(http_get(broker().port("http"), "/probe/abort").status, 503);
  EXPECT_TRUE(eventually([&] { return http_get(broker().port("http"), "/probe/id").status == 200; }));
  EXPECT_NE(broker().output().find("signal 6"), std::string::npos) << broker().output();
}

TEST_F(Isolation, APluginCanDoWhatItSaidAndNoMore) {
  start({.plugins = probe("service-probe") + "," + probe("service-probe-allowed"),
         .listeners = http(R"("/none": "service-probe", "/some": "service-probe-allowed")")});
  HttpClient client(broker().port("http"));
  EXPECT_EQ(client.get("/none/read").body, "EPERM");
  EXPECT_EQ(client.get("/none/socket").body, "EPERM");
  EXPECT_EQ(client.get("/none/kill").body, "EPERM");
  EXPECT_EQ(client.get("/some/read").body, "ok");
  EXPECT_EQ(client.get("/some/socket").body, "ok");
  EXPECT_EQ(client.get("/some/kill").body, "EPERM");
  EXPECT_NE(client.get("/none/id").body, std::to_string(broker().process().pid()));
}

TEST_F(Isolation, APluginHasNoOtherSendSignalsForIt) {
  start({.plugins = probe("service-probe") + "," + probe("service-probe-allowed"),
         .listeners = http(R"("/none": "service-probe", "/some": "service-probe-allowed")")});
  HttpClient client(broker().port("http"));
  EXPECT_EQ(client.get("/none/own").body, "EPERM");
  EXPECT_EQ(client.get("/none/own-ex").body, "EPERM");
  EXPECT_EQ(client.get("/some/own-ioctl").body, "EPERM");
}

TEST_F(Isolation, APluginCannotLimitTheBroker) {
  start({.plugins = probe("service-probe"), .listeners = http(R"("/none": "service-probe")")});
  const auto limits = "/proc/" + std::to_string(broker().process().pid()) + "/limits";
  const std::string before = text_of(limits);
  EXPECT_EQ(http_get(broker().port("http"), "/none/limit").body, "EPERM");
  EXPECT_EQ(text_of(limits), before);
}

TEST_F(Isolation, DescriptorsAPluginSendsAreNotTaken) {
  start({.plugins = probe("service-probe"), .listeners = http(R"("/none": "service-probe")")});
  HttpClient client(broker().port("http"));
  const auto open = [&] {
    const fs::directory_iterator all("/proc/" + std::to_string(broker().process().pid()) + "/fd");
    return std::distance(fs::begin(all), fs::end(all));
  };
  const auto before = open();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.get("/none/descriptors").body, "ok");
  // What it sent is read before the amounts that it counts, which come behind.
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_probe_requests_total") >= 4; }));
  EXPECT_LT(open(), before + 20);
}

TEST_F(Isolation, WhoFloodsItsRingHoldsUpNobody) {
  start({.plugins = probe("service-probe-allowed"), .listeners = http(R"("/probe": "service-probe-allowed")")});
  auto client = subscribed(Version::v5, {.filter = "beside"});
  auto publisher = connected();
  HttpClient flooding(broker().port("http"));
  flooding.send("GET /probe/flood HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto until = Clock::now() + std::chrono::seconds(1);
  for (int i = 0; Clock::now() < until; ++i) {
    publisher.publish({.topic = "beside", .payload = std::to_string(i), .qos = 1});
    client.expect_publish(std::to_string(i));
  }
  EXPECT_LT(most_memory_kib(broker().process().pid()), 400 * 1024);
}

TEST_F(Isolation, OnlyWhoMayReadFilesGetsTheBrokersVariables) {
  ::setenv("PROBE_SECRET", "s3cret", 1);
  start({.plugins = probe("service-probe") + "," + probe("service-probe-allowed"),
         .listeners = http(R"("/none": "service-probe", "/some": "service-probe-allowed")")});
  ::unsetenv("PROBE_SECRET");
  EXPECT_EQ(http_get(broker().port("http"), "/none/secret").body, "nothing");
  EXPECT_EQ(http_get(broker().port("http"), "/some/secret").body, "ok");
}

TEST_F(Isolation, APluginGetsNoDescriptorsOfTheBrokers) {
  const int mine = ::fcntl(STDERR_FILENO, F_DUPFD, 500);  // without CLOEXEC: the broker has it, too
  start({.plugins = probe("service-probe"), .listeners = http(R"("/none": "service-probe")")});
  ::close(mine);
  EXPECT_TRUE(fs::exists("/proc/" + std::to_string(broker().process().pid()) + "/fd/" + std::to_string(mine)));
  EXPECT_EQ(http_get(broker().port("http"), "/none/inherited").body.find(std::to_string(mine)), std::string::npos);
  EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(process_of("service-probe")) + "/fd/0"), "/dev/null");
}

TEST_F(Isolation, WithoutItNothingIsForbidden) {
  start({.plugins = R"("service-probe": {"file": ")" + test_plugins() + R"(/service-probe.so"})",
         .listeners = http(R"("/none": "service-probe")")});
  HttpClient client(broker().port("http"));
  EXPECT_EQ(client.get("/none/read").body, "ok");
  EXPECT_EQ(client.get("/none/id").body, std::to_string(broker().process().pid()));
  EXPECT_TRUE(processes().empty());
}

TEST_F(Isolation, WhatWasJudgedIsWhatTheNextProcessLoads) {
  const TemporaryDirectory folder;
  const std::string file = folder.path() + "/stage-topic-prefix.so";
  fs::copy(std::string(TRELLIS_EXAMPLE_PLUGINS) + "/stage-topic-prefix.so", file);
  start({.plugins = R"("stage-topic-prefix": {"file": ")" + file +
                    R"(", "config": {"prefix": "good/"}, "isolation": "process", "fallback": "pass",
                      "restart_pause": "20ms"})",
         .root = R"("plugin_signatures": {"policy": "warn"})",
         .space = kStaged});
  auto client = connected();
  EXPECT_TRUE(dropped(client));
  // In place, where nothing of what is mapped is needed any more.
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "no library";
  ASSERT_EQ(::kill(process_of("stage-topic-prefix"), SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return restarts() == 1; })) << broker().output();
  EXPECT_TRUE(eventually([&] { return dropped(client); }));
}

TEST_F(Isolation, ReloadedIntoAProcessAndBackUnderLoadNothingIsLost) {
  const Site within{.shards = 2, .plugins = stage(""), .space = kStaged};
  const Site apart{.shards = 2, .plugins = stage(), .space = kStaged};
  start(within);
  std::atomic<bool> ending{false};
  std::atomic<int> sent{0};
  std::string trouble;
  auto subscriber = subscribed(Version::v5, {.filter = "good/#", .qos = 1});
  auto publisher = connected();
  std::thread load([&] {
    try {
      while (!ending) {
        const std::string payload = std::to_string(++sent);
        publisher.publish({.topic = "good/x", .payload = payload, .qos = 1});
        subscriber.acknowledge(subscriber.expect_publish(payload));
      }
    } catch (const std::exception& error) {
      trouble = error.what();
    }
  });
  for (int round = 0; round < 5; ++round) {
    for (const Site* site : {&apart, &within}) {
      const int before = sent;
      EXPECT_TRUE(reload(*site));
      EXPECT_TRUE(eventually([&] { return sent > before + 10 || !trouble.empty(); }));
    }
  }
  ending = true;
  load.join();
  EXPECT_EQ(trouble, "") << broker().output();
}

TEST_F(Isolation, ADrainedPluginsProcessEnds) {
  start({.limits = R"("drain": "100ms")", .plugins = stage(), .space = kStaged});
  EXPECT_EQ(processes().size(), 1u);
  EXPECT_TRUE(reload({.limits = R"("drain": "100ms")", .plugins = stage(""), .space = kStaged}));
  EXPECT_TRUE(eventually([&] { return processes().empty(); }));
}

}  // namespace
}  // namespace trellis::testing
