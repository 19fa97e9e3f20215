// Backups of the store by requests: who may, what is answered, and what is said of stores that make none.
#include <gtest/gtest.h>

#include <trellis/backup.hpp>
#include <trellis/store.hpp>

#include "fixture.hpp"

namespace management {
namespace {

using ::testing::HasSubstr;
using trellis::Status;

/// Keeps nothing, and pretends to be backed up as the test says.
class CopiedStore final : public trellis::WithBackup<trellis::Store> {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "store-copied", .version = "1.0.0", .wants = {TRELLIS_HOST_STORE}};
  trellis::Durability strongest() const noexcept override { return trellis::Durability::written; }
  bool restore(const trellis::RestoreSink&) override { return true; }
  Status write(const trellis::Shard&, trellis::StoreChanges, trellis::Durability, trellis::WriteReply&) override {
    return Status::unavailable;
  }
  Status read(const trellis::Shard&, const trellis::ReadRequest&, trellis::ReadReply&) override {
    return Status::unavailable;
  }
  trellis_store_figures figures() const noexcept override { return {}; }
  trellis::Result<void> begin_backup(std::string_view name) override {
    if (refuses.status != Status::unset) return refuses;
    last = {trellis::BackupState::copying, last.number + 1, 0, 100, std::string(name), {}};
    return trellis::ok();
  }
  trellis::Backup backup() const override { return last; }

  trellis::Error refuses;
  trellis::Backup last;
};

class BackupTest : public ManagementTest {
 protected:
  BackupTest() : store_(host_.load<CopiedStore>()) {}
  CopiedStore& store() { return store_.as<CopiedStore>(); }
  trellis::testing::StoreDriver store_;
};

TEST_F(BackupTest, IsBegunAndLookedAt) {
  EXPECT_EQ(get("/backup").body, R"({"state":"none","number":0,"name":"","doneBytes":0,"totalBytes":0})");
  const auto begun = ask("POST", "/backup", R"({"name": "monday"})");
  EXPECT_EQ(begun.status, 202U);
  EXPECT_EQ(begun.body, R"({"state":"copying","number":1,"name":"monday","doneBytes":0,"totalBytes":100})");
  EXPECT_TRUE(host_.logged("backup begun"));
  store().last.state = trellis::BackupState::verifying;
  store().last.done_bytes = 100;
  EXPECT_EQ(json(get("/backup")).text("state"), "verifying");
  store().last.state = trellis::BackupState::done;
  EXPECT_EQ(json(get("/backup")).text("state"), "done");
  store().last.state = trellis::BackupState::failed;
  store().last.reason = "no \"room\"";
  EXPECT_EQ(json(get("/backup")).text("reason"), "no \"room\"");
}

TEST_F(BackupTest, NeedsTheRightToWrite) {
  EXPECT_EQ(ask("POST", "/backup", R"({"name": "a"})", {}, kReader).status, 403U);
  EXPECT_EQ(ask("POST", "/backup", R"({"name": "a"})", {}, "").status, 401U);
  EXPECT_EQ(ask("GET", "/backup", "", {}, "").status, 401U);
  EXPECT_EQ(store().last.number, 0U);
  EXPECT_EQ(ask("GET", "/backup", "", {}, kReader).status, 200U);
}

TEST_F(BackupTest, SaysWhyNot) {
  for (const std::string body : {"", "{}", R"({"name": 7})", R"({"name": "a", "to": "b"})", "[]", R"("a")"}) {
    const auto answer = ask("POST", "/backup", body);
    EXPECT_EQ(answer.status, 400U) << body;
  }
  EXPECT_EQ(ask("PUT", "/backup", R"({"name": "a"})").status, 405U);
  EXPECT_EQ(ask("POST", "/backup?to=x", R"({"name": "a"})").status, 400U);
  EXPECT_EQ(store().last.number, 0U);
  const std::tuple<Status, std::uint32_t, std::string> refusals[] = {{Status::unsupported, 501, "NotImplemented"},
                                                                     {Status::unavailable, 409, "Conflict"},
                                                                     {Status::invalid, 400, "InvalidRequest"},
                                                                     {Status::internal, 500, "InternalServerError"}};
  for (const auto& [status, number, word] : refusals) {
    store().refuses = trellis::fail("that is why", status);
    const auto answer = ask("POST", "/backup", R"({"name": "a"})");
    EXPECT_EQ(answer.status, number);
    EXPECT_EQ(code(answer), word);
    EXPECT_EQ(message(answer), "that is why");
  }
}

TEST_F(ManagementTest, OfAStoreThatMakesNoneIsNone) {
  EXPECT_EQ(ask("POST", "/backup", R"({"name": "a"})").status, 501U);
  EXPECT_EQ(json(get("/backup")).text("state"), "none");
}

}  // namespace
}  // namespace management
