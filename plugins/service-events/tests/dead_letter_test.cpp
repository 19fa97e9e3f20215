#include <latch>
#include <thread>

#include "common/stamp/utc_time.hpp"
#include "dead_letters/letter_files.hpp"
#include "dead_letters/letter_tree.hpp"
#include "letters_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

class DeadLetter : public ::testing::TestWithParam<To> {};
INSTANTIATE_TEST_SUITE_P(To, DeadLetter, ::testing::Values(To::topic, To::file),
                         [](const auto& one) { return one.param == To::topic ? "Topic" : "File"; });

// The only letter, which has to be of that event.
Letter only(LettersBench& it, std::string_view id) {
  it.kept(1);
  const auto all = it.letters();
  EXPECT_EQ(all.size(), 1u);
  if (all.empty()) return {};
  EXPECT_EQ(all[0].event, EventsBench::event(id));
  EXPECT_EQ(all[0].source, "orders/audit");
  return all[0];
}

// Nobody gets it any more.
void expect_gone(LettersBench& it) {
  it.bench.host.advance(minutes(10));
  EXPECT_TRUE(it.bench.receive().empty());
  EXPECT_EQ(it.bench.host.metric("trellis_events_locked"), 0);
}

TEST_P(DeadLetter, ComesOfARejectedEvent) {
  LettersBench it(GetParam());
  const std::string published = common::write_utc(it.bench.host.wall().count());
  it.bench.publish(EventsBench::event("a"));
  it.bench.host.advance(seconds(5));
  const auto all = it.bench.receive();
  const std::string last = common::write_utc(it.bench.host.wall().count());
  it.bench.host.advance(seconds(5));
  EXPECT_EQ(it.bench.settled("reject", {all[0].token}), 1u);
  const Letter letter = only(it, "a");
  EXPECT_EQ(letter.reason, "Event was rejected.");
  EXPECT_EQ(letter.attempts, 1);
  EXPECT_EQ(letter.published, published);
  EXPECT_EQ(letter.last, last);
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 0);
  if (GetParam() == To::file) expect_gone(it);
}

TEST(DeadLetterFolder, ThatIsNotThereIsToldAtTheStart) {
  for (const bool there : {true, false}) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + (there ? "" : "/none");
    const EventsBench bench(R"({"dead_letters":{"path":")" + path + "\"}}");
    EXPECT_EQ(bench.host.logged("the folder for dead letters is not there"), !there);
  }
}

TEST_P(DeadLetter, ComesOfALockThatEndsForTheLastTime) {
  LettersBench it(GetParam(), R"(,"maxDeliveryCount":2)");
  it.bench.publish(EventsBench::event("a"));
  EXPECT_EQ(it.bench.receive().size(), 1u);
  it.bench.host.advance(seconds(61));
  EXPECT_EQ(it.bench.receive().size(), 1u);
  it.bench.host.advance(seconds(61));
  const Letter letter = only(it, "a");
  EXPECT_EQ(letter.reason, "Maximum delivery attempts was exceeded.");
  EXPECT_EQ(letter.attempts, 2);
}

TEST_P(DeadLetter, ComesOfALastDeliveryThatIsReleased) {
  LettersBench it(GetParam(), R"(,"maxDeliveryCount":1)");
  it.bench.publish(EventsBench::event("a"));
  EXPECT_EQ(it.bench.settled("release", {it.bench.receive()[0].token}), 1u);
  const Letter letter = only(it, "a");
  EXPECT_EQ(letter.reason, "Maximum delivery attempts was exceeded.");
  EXPECT_EQ(letter.attempts, 1);
}

TEST_P(DeadLetter, ComesOfAnEventThatIsTooOld) {
  LettersBench it(GetParam(), R"(,"eventTimeToLive":"PT1M")");
  it.bench.publish(EventsBench::event("a"));
  it.bench.host.advance(seconds(61));
  const Letter letter = only(it, "a");
  EXPECT_EQ(letter.reason, "Time to live was exceeded.");
  EXPECT_EQ(letter.attempts, 0);
}

TEST_P(DeadLetter, FindsItsPlaceFromEveryShard) {
  LettersBench it(GetParam(), "", 3);
  it.reject("a");
  only(it, "a");
}

// 10 s, 1 min, then every 5 min; the event is not delivered meanwhile, however old it becomes.
TEST(DeadLetters, AreTriedAgainWhereTheirTopicIsNotThere) {
  LettersBench it(To::topic, R"(,"eventTimeToLive":"PT1M")");
  ASSERT_EQ(it.bench.host.remove_resource("eventSubscriptions", "dead/all"), "");
  ASSERT_EQ(it.bench.host.remove_resource("topics", "dead"), "");
  it.reject("a");
  EXPECT_EQ(it.failure(), 1);
  EXPECT_TRUE(it.bench.host.logged("dead letters cannot be kept, and are tried again"));
  EXPECT_TRUE(it.bench.host.logged("the topic they go to does not exist"));
  std::int64_t tries = 1;
  for (const seconds wait : {seconds(10), seconds(60), seconds(300), seconds(300), seconds(300)}) {
    it.bench.host.advance(wait - seconds(2));
    EXPECT_EQ(it.failure(), tries);
    it.bench.host.advance(seconds(2));
    EXPECT_EQ(it.failure(), ++tries);
    EXPECT_FALSE(it.bench.start_receive(10, "&maxWaitTime=10").answered());
  }
  it.bench.put("topics", "dead");
  it.bench.put("eventSubscriptions", "dead/all");
  it.bench.host.advance(seconds(300));
  EXPECT_EQ(it.success(), 1);
  EXPECT_EQ(it.letters().size(), 1u);
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="expired")"), 0);
}

TEST(DeadLetters, AreDroppedAfterTwoDays) {
  LettersBench it(To::topic);
  ASSERT_EQ(it.bench.host.remove_resource("eventSubscriptions", "dead/all"), "");
  it.bench.host.turn();
  it.reject("a");
  it.bench.host.advance(hours(47));
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 0);
  it.bench.host.advance(hours(1) + minutes(6));
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 1);
  EXPECT_TRUE(it.bench.host.logged("could not be kept for two days"));
  EXPECT_EQ(it.bench.host.metric("trellis_events_locked"), 0);
}

TEST(DeadLetters, OfATopicThatNobodyWantsThemOfAreNotLost) {
  LettersBench it(To::topic);
  it.bench.put("eventSubscriptions", "dead/all", R"({"filtersConfiguration":{"includedEventTypes":["other"]}})");
  it.reject("a");
  EXPECT_EQ(it.failure(), 1);
  EXPECT_TRUE(it.bench.host.logged("no event subscription of the topic they go to wants them"));
  it.bench.put("eventSubscriptions", "dead/all");
  it.bench.host.advance(seconds(11));
  EXPECT_EQ(it.success(), 1);
}

TEST(DeadLetters, OfATopicAreSettledWhenTheyAreKept) {
  LettersBench it(To::topic);
  it.bench.publish(EventsBench::event("a"));
  const auto all = it.bench.receive();
  it.bench.host.hold_kept();
  const auto rejected = it.bench.settle("reject", {all[0].token});
  EXPECT_EQ(it.success(), 0);
  EXPECT_EQ(it.bench.host.metric("trellis_events_locked"), 1);
  it.bench.host.release_kept(trellis::Status::internal);
  EXPECT_EQ(rejected.status(), 503u);
  EXPECT_EQ(it.failure(), 1);
  it.bench.host.advance(seconds(11));
  EXPECT_EQ(it.success(), 1);
  EXPECT_EQ(it.bench.host.metric("trellis_events_locked"), 0);
}

TEST(DeadLetters, AreTriedAgainWhereTheStoreTakesNothing) {
  LettersBench it(To::topic);
  it.bench.publish(EventsBench::event("a"));
  const auto all = it.bench.receive();
  it.bench.host.refuse_offers(true);
  EXPECT_EQ(it.bench.settled("reject", {all[0].token}), 1u);
  EXPECT_EQ(it.failure(), 1);
  it.bench.host.refuse_offers(false);
  it.bench.host.advance(seconds(11));
  EXPECT_EQ(it.success(), 1);
}

TEST(DeadLetters, AreTriedAgainWhereTheirFolderIsNotThere) {
  LettersBench it(To::file);
  std::filesystem::rename(it.folder.path(), it.folder.path() + ".away");
  it.reject("a");
  it.failed(1);
  EXPECT_TRUE(it.bench.host.logged("cannot create the folder " + it.folder.path() + "/default: No such file"));
  std::filesystem::rename(it.folder.path() + ".away", it.folder.path());
  it.bench.host.advance(seconds(11));
  it.kept(1);
  EXPECT_EQ(it.letters().size(), 1u);
}

TEST(DeadLetters, OfFilesLieInAFolderOfTheirSubscription) {
  LettersBench it(To::file);
  it.reject("a");
  it.kept(1);
  ASSERT_EQ(it.files().size(), 1u);
  EXPECT_THAT(it.files()[0], HasSubstr(it.folder.path() + "/default/orders/audit/"));
  it.bench.put("eventSubscriptions", "orders/audit",
               R"({"deliveryConfiguration":{"queue":{"deadLetterDestinationWithResourceIdentity":{)"
               R"("deadLetterDestination":{"endpointType":"File","properties":{"directory":"Bin-7"}}}}}})");
  it.reject("b");
  it.kept(2);
  EXPECT_THAT(it.files()[1], HasSubstr(it.folder.path() + "/bin-7/default/orders/audit/"));
}

// Another process, or another instance after a reload, gets the queue with what is said of its events.
TEST(DeadLetters, AreNotDeliveredByTheNextInstanceAndTriedNoLonger) {
  LettersBench it(To::topic, R"(,"eventTimeToLive":"PT1M")");
  ASSERT_EQ(it.bench.host.remove_resource("eventSubscriptions", "dead/all"), "");
  it.bench.host.turn();
  it.reject("a");
  it.bench.host.advance(hours(30));
  EXPECT_EQ(it.success(), 0);
  const std::int64_t before = it.failure();
  it.bench.service = it.bench.host.load<Events>(EventsBench::open_to_all("{}"));
  EXPECT_TRUE(it.bench.receive().empty());
  EXPECT_EQ(it.failure(), before + 2) << "at once, and 10 s later";
  it.bench.host.advance(hours(19));
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 1);
  it.bench.put("eventSubscriptions", "dead/all");
  it.bench.host.advance(hours(1));
  EXPECT_TRUE(it.bench.receive().empty());
}

// A place for them that is taken away ends the trying.
TEST(DeadLetters, OfASubscriptionThatHasNoPlaceForThemAnyMoreAreDropped) {
  LettersBench it(To::topic, "", 1, "", R"(,"by_default":false)");
  ASSERT_EQ(it.bench.host.remove_resource("eventSubscriptions", "dead/all"), "");
  it.bench.host.turn();
  it.reject("a");
  it.bench.put("eventSubscriptions", "orders/audit");
  it.bench.host.advance(seconds(11));
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 1);
}

// The files are the place of all that name none.
TEST(DeadLetters, OfASubscriptionThatNamesNoPlaceGoToTheFiles) {
  LettersBench it(To::topic);
  it.bench.put("eventSubscriptions", "orders/audit");
  it.reject("a");
  it.kept(1);
  EXPECT_EQ(it.bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 0);
  EXPECT_EQ(it.files().size(), 1U);
}

std::string to_topic(std::string_view topic) {
  return R"({"deliveryConfiguration":{"queue":{"deadLetterDestinationWithResourceIdentity":{"deadLetterDestination":{)"
         R"("endpointType":"NamespaceTopic","properties":{"topicName":")" +
         std::string(topic) + R"("}}}}}})";
}

TEST(DeadLetters, DoNotComeBackToTheirTopic) {
  LettersBench it(To::topic);
  EXPECT_THAT(it.bench.host.put_resource("eventSubscriptions", "dead/all", to_topic("DEAD")),
              HasSubstr("dead letters would come back to topic 'dead' they are of, which is the destination"));
  it.bench.put("topics", "third");
  it.bench.put("eventSubscriptions", "dead/all", to_topic("third"));
  EXPECT_THAT(it.bench.host.put_resource("eventSubscriptions", "third/one", to_topic("orders")),
              HasSubstr("would come back to topic 'third' they are of, by the event subscriptions of topic 'orders'"));
}

// What is made together cannot be refused for what it is together.
TEST(DeadLetters, DoNotMoveInACircle) {
  LettersBench it(To::topic);
  it.bench.put("eventSubscriptions", "orders/audit");
  ASSERT_EQ(it.bench.host.put_resources({{"eventSubscriptions/orders/audit", to_topic("dead")},
                                         {"eventSubscriptions/dead/all", to_topic("orders")}}),
            "");
  it.bench.host.turn();
  it.reject("a");
  EXPECT_EQ(it.failure(), 1);
  EXPECT_TRUE(it.bench.host.logged("they would come back to the topic they are of"));
  it.bench.put("eventSubscriptions", "dead/all");
  it.bench.host.advance(seconds(11));
  EXPECT_EQ(it.success(), 1);
}

TEST(DeadLetters, GoWhereTheyMayGo) {
  EventsBench bench;
  const auto refused = [&](std::string_view destination) {
    return bench.host.put_resource("eventSubscriptions", "orders/bad",
                                   R"({"deliveryConfiguration":{"queue":{"deadLetterDestinationWithResourceIdentity":{)"
                                   R"("deadLetterDestination":)" +
                                       std::string(destination) + "}}}}");
  };
  EXPECT_THAT(
      refused(R"({"endpointType":"StorageBlob","properties":{"resourceId":"x","blobContainerName":"c"}})"),
      HasSubstr("/properties/resourceId: the plugin's setting dead_letters.accounts has no storage account \"x\""));
  EXPECT_THAT(refused(R"({"endpointType":"File","properties":{"directory":"../x"}})"),
              HasSubstr("/properties/directory: expected 1 to 50 letters"));
  EXPECT_THAT(refused(R"({"endpointType":"NamespaceTopic"})"), HasSubstr("/properties/topicName: expected the name"));
  EXPECT_THAT(refused(R"({"endpointType":"NamespaceTopic","properties":{"topicName":"../x"}})"), HasSubstr("found"));
  EXPECT_THAT(refused(R"({"endpointType":"NamespaceTopic","properties":{"topic":"dead"}})"),
              HasSubstr("/properties/topic: no such property, expected topicName"));
  EXPECT_THAT(refused(R"({"endpointType":"NamespaceTopic","properties":{"topicName":5}})"),
              HasSubstr("expected text, found a whole number"));
  LettersBench it(To::file);
  EXPECT_THAT(it.bench.host.put_resource(
                  "eventSubscriptions", "orders/audit",
                  R"({"deliveryConfiguration":{"queue":{"deadLetterDestinationWithResourceIdentity":{)"
                  R"("deadLetterDestination":{"endpointType":"File","properties":{"directory":".."}}}}}})"),
              HasSubstr("/properties/directory: expected 1 to 50 letters, digits or '-', found \"..\""));
}

// The thread is kept busy until all of them wait.
TEST(LetterFiles, WritesThoseThatWaitTogetherIntoOneFile) {
  LettersBench it(To::file);
  LetterFiles files(it.bench.service.as<Events>().host(), std::make_unique<LetterTree>(it.folder.path()),
                    {.letters = 3, .bytes = 1000});
  files.start();
  std::latch busy(1);
  std::latch ready(1);
  ASSERT_TRUE(files.post([&](const LetterPlace&) {
    ready.count_down();
    busy.wait();
  }));
  ready.wait();
  int kept = 0;
  const auto bury = [&](const std::string& record) {
    return files.bury("f", {record, 1'695'434'400'000, 0, [&kept](bool is) { kept += is ? 1 : 0; }});
  };
  EXPECT_TRUE(bury("1"));
  EXPECT_FALSE(bury(std::string(1000, '2'))) << "too many bytes";
  EXPECT_TRUE(bury("2"));
  EXPECT_TRUE(bury("3"));
  EXPECT_FALSE(bury("4")) << "too many letters";
  busy.count_down();
  EXPECT_TRUE(it.bench.host.wait([&] { return kept == 3; }));
  ASSERT_EQ(it.files().size(), 1u);
  EXPECT_EQ(LettersBench::text_of(it.files()[0]), "[\n1,\n2,\n3\n]\n");
  EXPECT_TRUE(bury("5"));
  files.stop();
  EXPECT_FALSE(bury("6"));
}

}  // namespace
}  // namespace events_service::testing
