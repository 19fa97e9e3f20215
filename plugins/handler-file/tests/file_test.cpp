// What is in files, and what happens to them.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <csignal>
#include <optional>

#include "fixture.hpp"

namespace files {
namespace {

using namespace files::testing;
using ::testing::AnyOf;

class Lines : public FilesTest {};

TEST_F(Lines, AreEventsInTheirOrder) {
  const auto destination = load().open(block());
  const auto watches =
      destination.deliver(std::vector<Sample>{{.payload = R"({"id":"a"})"}, {.payload = "{\n\"id\":\r\n\"b\"}"}});
  ASSERT_TRUE(host_.wait([&] { return watches[1].outcome() == Settled::delivered; }));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(text(), "{\"id\":\"a\"}\n{ \"id\":  \"b\"}\n");
  written(destination, R"({"id":"c"})");
  EXPECT_EQ(text(), "{\"id\":\"a\"}\n{ \"id\":  \"b\"}\n{\"id\":\"c\"}\n");
  EXPECT_EQ(metric("deliveries_total", R"(outcome="delivered")"), 3);
  EXPECT_EQ(metric("bytes_total"), static_cast<std::int64_t>(text().size()));
  EXPECT_EQ(metric("events"), 0);
  EXPECT_GE(metric("syncs_total"), 2);
}

TEST_F(Lines, BeginBehindTheLastWholeOne) {
  put("orders.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b");
  written(load().open(block()), R"({"id":"c"})");
  EXPECT_EQ(text(), "{\"id\":\"a\"}\n{\"id\":\"c\"}\n");
  EXPECT_TRUE(host_.logged("the end of a file was half a line, and is cut off"));
}

TEST_F(Lines, BeginAnewWhereNoneIsWhole) {
  put("orders.jsonl", std::string(200'000, 'x'));
  written(load().open(block()), R"({"id":"c"})");
  EXPECT_EQ(text(), "{\"id\":\"c\"}\n");
}

TEST_F(Lines, AreJsonWhoeverSentIt) {
  const auto destination = load().open(R"({"properties": {"fileName": "messages.jsonl"}})");
  const auto refused = written(destination, "no JSON");
  EXPECT_EQ(refused.outcome(), Settled::refused);
  EXPECT_EQ(refused.cause(), Cause::bad_request);
  EXPECT_EQ(written(destination, "[1, 2]").outcome(), Settled::delivered);
  EXPECT_EQ(text("messages.jsonl"), "[1, 2]\n");
}

TEST_F(Lines, GoIntoANewFileWhereTheOldOneIsGone) {
  const auto destination = load().open(block());
  written(destination, "{}");
  std::filesystem::remove(path_ + "/orders.jsonl");
  written(destination, "[]");
  EXPECT_EQ(text(), "[]\n");
  std::filesystem::rename(path_ + "/orders.jsonl", path_ + "/elsewhere");
  written(destination, "[1]");
  EXPECT_EQ(text("elsewhere"), "[]\n");
  EXPECT_EQ(text(), "[1]\n");
}

class Rotation : public FilesTest {
 protected:
  const std::string event_ = R"({"id":")" + std::string(600, 'x') + "\"}";  // two fill a file of 1 KiB
};

TEST_F(Rotation, PutsAFullFileAsideAndKeepsSome) {
  const auto destination = load().open(block(R"(, "maxBytes": "1KiB", "keep": 2)"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(written(destination, event_).outcome(), Settled::delivered);
  EXPECT_TRUE(host_.wait([&] { return metric("removed_total") == 2; }));
  EXPECT_THAT(names(), ElementsAre("orders.jsonl", StartsWith("orders.jsonl.20"), StartsWith("orders.jsonl.20")));
  for (const std::string& name : names()) EXPECT_EQ(text(name), event_ + "\n");
  EXPECT_EQ(metric("rotations_total"), 4);
}

TEST_F(Rotation, RemovesNothingUnlessThatIsAskedFor) {
  const auto destination = load().open(block(R"(, "maxBytes": "1KiB")"));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(written(destination, event_).outcome(), Settled::delivered);
  EXPECT_EQ(metric("rotations_total"), 29);
  EXPECT_EQ(metric("removed_total"), 0);
  EXPECT_EQ(names().size(), 30u);
}

TEST_F(Rotation, DoesNotWaitForAPauseToRemoveTheOldest) {
  const auto destination = load().open(block(R"(, "maxBytes": "1KiB", "keep": 1)"));
  std::vector<DeliveryWatch> watches;
  for (int i = 0; i < 20; ++i) watches.push_back(destination.deliver(std::vector<Sample>{{.payload = event_}}).front());
  ASSERT_TRUE(host_.wait([&] { return watches.back().outcome() != Settled::waiting; }));
  EXPECT_EQ(names().size(), 2u) << "as soon as the last one is kept";
  EXPECT_EQ(metric("rotations_total"), metric("removed_total") + 1);
}

TEST_F(Rotation, TakesNoForeignFilesForItsOwn) {
  put("orders.jsonl.old", "x");
  put("orders.jsonl2.20260101T000000000Z", "x");
  const auto destination = load().open(block(R"(, "maxBytes": "1KiB", "keep": 1)"));
  for (int i = 0; i < 4; ++i) written(destination, event_);
  EXPECT_TRUE(host_.wait([&] { return metric("removed_total") == 2; }));
  EXPECT_THAT(names(), ElementsAre("orders.jsonl", StartsWith("orders.jsonl.20"), "orders.jsonl.old",
                                   "orders.jsonl2.20260101T000000000Z"));
}

TEST_F(Rotation, PutsAnOldFileAside) {
  const auto destination = load().open(block(R"(, "maxAge": "1ms")"));
  written(destination, "{}");
  EXPECT_TRUE(host_.wait([&] {
    written(destination, "{}");
    return metric("rotations_total") > 0;
  }));
}

TEST_F(Rotation, CompressesWhatWasPutAside) {
  const auto destination = load().open(block(R"(, "maxBytes": "1KiB", "compress": true)"));
  for (int i = 0; i < 2; ++i) written(destination, event_);
  ASSERT_TRUE(host_.wait([&] { return names().size() == 2 && names()[1].ends_with(".gz"); }));
  gzFile file = gzopen((path_ + "/" + names()[1]).c_str(), "rb");
  ASSERT_NE(file, nullptr);
  std::string got(2000, '\0');
  got.resize(static_cast<std::size_t>(gzread(file, got.data(), 2000)));
  gzclose(file);
  EXPECT_EQ(got, event_ + "\n");
}

TEST_F(Rotation, CompressesWhatAnotherProcessPutAside) {
  put("orders.jsonl.20260101T000000000Z", "old\n");
  written(load().open(block(R"(, "compress": true)")), "{}");
  EXPECT_TRUE(host_.wait([&] { return names().back() == "orders.jsonl.20260101T000000000Z.gz"; }));
}

class Failing : public FilesTest {};

/// No file of this process becomes longer than that.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit less{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Failing, WithoutRoomIsTriedAgainAndLeavesNoHalfLine) {
  const auto destination = load().open(block());
  written(destination, R"({"id":"a"})");
  const std::string longer = R"({"id":")" + std::string(5000, 'x') + "\"}";
  {
    const FileLimit limit(4096);
    const auto full = written(destination, longer);
    EXPECT_EQ(full.outcome(), Settled::retry);
    EXPECT_EQ(full.cause(), Cause::full);
    EXPECT_THAT(full.reason(), StartsWith("cannot write orders.jsonl: "));
    EXPECT_EQ(text(), "{\"id\":\"a\"}\n");
    EXPECT_EQ(written(destination, R"({"id":"b"})").outcome(), Settled::delivered);
  }
  EXPECT_EQ(written(destination, longer).outcome(), Settled::delivered);
  EXPECT_EQ(text(), "{\"id\":\"a\"}\n{\"id\":\"b\"}\n" + longer + "\n");
  EXPECT_EQ(metric("failures_total", R"(cause="full")"), 1);
}

TEST_F(Failing, BecauseAnotherOneHasTheFileIsTriedAgain) {
  const auto destination = load().open(block());
  put("orders.jsonl", "");
  const int other = ::open((path_ + "/orders.jsonl").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  const auto busy = written(destination, "{}");
  EXPECT_EQ(busy.outcome(), Settled::retry);
  EXPECT_EQ(busy.cause(), Cause::busy);
  ::close(other);
  EXPECT_EQ(written(destination, "{}").outcome(), Settled::delivered);
}

TEST_F(Failing, NeverFollowsALink) {
  put("elsewhere", "");
  std::filesystem::create_symlink(path_ + "/elsewhere", path_ + "/orders.jsonl");
  EXPECT_EQ(written(load().open(block()), "{}").outcome(), Settled::retry);
  EXPECT_EQ(text("elsewhere"), "");
  std::filesystem::create_directory_symlink("/tmp", path_ + "/shop");
  TestHost other;
  const auto destination =
      other.load<FileHandler>(R"({"path": ")" + path_ + "\"}").open(block(R"(, "directory": "shop")"));
  const auto watch = destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front();
  EXPECT_TRUE(other.wait([&] { return watch.outcome() == Settled::retry; }));
}

TEST_F(Failing, WithAsManyWaitingAsMayIsTriedAgain) {
  const auto plugin = load(R"(, "waiting": 1)");
  const auto destination = plugin.open(block());
  std::vector<DeliveryWatch> all;
  // Some are written meanwhile, and some find that one waits.
  EXPECT_TRUE(host_.wait([&] {
    for (int i = 0; i < 100; ++i) all.push_back(destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front());
    return std::ranges::any_of(all, [](const auto& one) { return one.cause() == Cause::busy; });
  }));
  const auto left = std::ranges::find(all, Cause::busy, &DeliveryWatch::cause);
  EXPECT_EQ(left->outcome(), Settled::later);
  EXPECT_EQ(left->retry_after(), 1s);
  EXPECT_THAT(left->reason(), HasSubstr("as many events wait as the settings waiting and waiting_bytes allow"));
  EXPECT_TRUE(host_.wait([&] { return metric("events") == 0; }));
}

TEST_F(Failing, LeavesNobodyWaitingAtTheEnd) {
  const auto plugin = load();
  const auto destination = plugin.open(block());
  const auto watch = destination.deliver(std::vector<Sample>{{.payload = "{}"}}).front();
  plugin.instance().stop();
  EXPECT_THAT(watch.outcome(), AnyOf(Settled::delivered, Settled::later));
}

TEST_F(Failing, AWriterThatStoppedTakesNothing) {
  Writer writer({}, {.path = path_}, {});
  Writer::Job job{std::make_shared<Target>(), "{}\n", {}};
  const auto left = writer.put(job);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->outcome, common::Outcome::later);
  EXPECT_EQ(left->cause, Cause::canceled);
  EXPECT_EQ(left->wait, 1s);
}

TEST_F(Failing, OfAReleasedDestinationIsNoAttempt) {
  const auto plugin = load();
  std::optional<OpenDestination> destination(plugin.open(block()));
  std::vector<DeliveryWatch> all;
  for (int i = 0; i < 100; ++i) all.push_back(destination->deliver(std::vector<Sample>{{.payload = "{}"}}).front());
  destination.reset();
  EXPECT_TRUE(host_.wait([&] { return metric("events") == 0; }));
  for (const auto& watch : all) EXPECT_THAT(watch.outcome(), AnyOf(Settled::delivered, Settled::later));
}

TEST_F(Lines, AreWrittenByAReplacedInstanceUntilItsLastDestinationIsGone) {
  const auto plugin = load();
  std::optional<OpenDestination> destination(plugin.open(block()));
  plugin.instance().drain(1s);
  EXPECT_EQ(written(*destination, "{}").outcome(), Settled::delivered);
  destination.reset();
  EXPECT_EQ(written(plugin.open(block()), "{}").outcome(), Settled::later) << "nobody is left who could write it";
}

TEST_F(Failing, LetsGoOfAFileWithItsLastDestination) {
  const auto plugin = load();
  std::optional<OpenDestination> destination(plugin.open(block()));
  written(*destination, "{}");
  const int other = ::open((path_ + "/orders.jsonl").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_NE(::flock(other, LOCK_EX | LOCK_NB), 0);
  destination.reset();
  EXPECT_TRUE(host_.wait([&] { return ::flock(other, LOCK_EX | LOCK_NB) == 0; }));
  ::close(other);
}

}  // namespace
}  // namespace files
