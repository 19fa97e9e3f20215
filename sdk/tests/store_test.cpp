// Stores through the C tables: replies that cannot be forgotten, and what a TestHost notices.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>
#include <trellis/testing/test_host.hpp>
#include <trellis/trellis.hpp>
#include <utility>
#include <vector>

namespace trellis {
namespace {

using testing::Change;
using ::testing::Contains;
using ::testing::HasSubstr;

/// Does with every write what the test wants.
class Pliable final : public Store {
 public:
  static constexpr PluginInfo kInfo{.id = "store-pliable", .version = "1.0.0", .wants = {TRELLIS_HOST_STORE}};

  Durability strongest() const noexcept override { return Durability::written; }
  bool restore(const RestoreSink& sink) override {
    sink.record("key", "value");
    return true;
  }
  Status write(const Shard&, StoreChanges changes, Durability, WriteReply& reply) override {
    return on_write(changes, reply);
  }
  Status read(const Shard&, const ReadRequest& request, ReadReply& reply) override {
    const trellis_store_entry entry{request.after + 1, view("body"), {}, {}};
    ReadReply(std::move(reply)).answer({&entry, 1});
    return Status::ok;
  }
  trellis_store_figures figures() const noexcept override {
    trellis_store_figures out{};
    out.queues = 7;
    return out;
  }
  void stop() override { kept.clear(); }

  std::function<Status(StoreChanges, WriteReply&)> on_write = [this](StoreChanges, WriteReply& reply) {
    kept.push_back(std::move(reply));
    return Status::ok;
  };
  std::vector<WriteReply> kept;
};

const std::vector<Change> kChanges = {Change::append({{1, 2, "x"}}, "body")};

TEST(StorePlugins, SeeTheirChangesTyped) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  store.as<Pliable>().on_write = [](StoreChanges changes, WriteReply& reply) {
    EXPECT_EQ(changes.size(), 1U);
    const StoreChange change = *changes.begin();
    EXPECT_EQ(change.kind(), ChangeKind::append);
    EXPECT_EQ(change.body(), "body");
    EXPECT_EQ(change.targets().front().number, 2U);
    EXPECT_FALSE(changes.all_free());
    WriteReply(std::move(reply)).answer(Status::ok);
    return Status::ok;
  };
  EXPECT_EQ(store.put(kChanges), Status::ok);
  EXPECT_EQ(store.get(1, 4).front().number, 5U);
  EXPECT_EQ(store.restore().records.at("key"), "value");
  EXPECT_EQ(store.figures().queues, 7U);
}

TEST(StorePlugins, MayAnswerFromAnotherThread) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  const auto call = store.write(kChanges);
  EXPECT_FALSE(call.answered());
  std::thread([&] { store.as<Pliable>().kept.front().answer(Status::ok); }).join();
  EXPECT_EQ(store.wait(call), Status::ok);
}

TEST(StorePlugins, SayThatNobodyKnowsWhereTheyForgetAReply) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  const auto call = store.write(kChanges);
  store.as<Pliable>().kept.clear();
  EXPECT_EQ(call.status(), Status::internal);
}

TEST(StorePlugins, FailTheCallInWhichTheyThrow) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  store.as<Pliable>().on_write = [](StoreChanges, WriteReply&) -> Status { throw std::runtime_error("no memory"); };
  EXPECT_EQ(store.put(kChanges), Status::internal);
  EXPECT_TRUE(host.logged("no memory"));
  // Who moved the reply away before is answered by that, and only once.
  store.as<Pliable>().on_write = [](StoreChanges, WriteReply& reply) -> Status {
    const WriteReply mine(std::move(reply));
    throw std::runtime_error("too late");
  };
  EXPECT_EQ(store.put(kChanges), Status::internal);
}

TEST(StorePlugins, AreNotAskedForMoreThanTheyPromise) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  EXPECT_EQ(store.put(kChanges, Durability::synced), Status::invalid);
  EXPECT_EQ(store.put({Change::append(0, 1, "x")}), Status::invalid);
}

TEST(StorePlugins, AreCaughtAnsweringOutOfOrder) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  store.write(kChanges);
  store.write(kChanges);
  store.as<Pliable>().kept[1].answer(Status::ok);
  EXPECT_THAT(host.take_violations(), Contains(HasSubstr("out of order")));
}

TEST(StorePlugins, AreCaughtStoppingWithoutAnAnswer) {
  testing::TestHost host;
  const auto store = host.load<Pliable>();
  store.as<Pliable>().on_write = [](StoreChanges, WriteReply& reply) {
    reply.drop();
    return Status::ok;
  };
  store.write(kChanges);
  store.instance().stop();
  EXPECT_THAT(host.take_violations(), Contains(HasSubstr("stopped without answering a write")));
}

}  // namespace
}  // namespace trellis
