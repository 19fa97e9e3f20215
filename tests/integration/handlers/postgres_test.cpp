// Events in tables of a real PostgreSQL that is killed, stopped, and does not take all of them.
#include <gmock/gmock.h>
#include <pwd.h>

#include <filesystem>
#include <sstream>

#include "peer_program.hpp"
#include "support/command.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Where Debian puts the programs of a server.
std::string server_program(const std::string& name) {
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
    const auto file = version.path() / "bin" / name;
    if (std::filesystem::exists(file)) return file;
  }
  throw std::runtime_error(name + " is not installed");
}

/// A server refuses to be root.
std::vector<std::string> unprivileged(std::vector<std::string> command) {
  if (::geteuid() != 0) return command;
  std::vector<std::string> all = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

class PostgresDelivery : public DeliveredSite {
 protected:
  /// A cluster of databases takes seconds to make, and is copied for each test.
  static void SetUpTestSuite() {
    original_ = std::make_unique<TemporaryDirectory>();
    original_->write("password", "sesame");
    const std::string& at = original_->path();
    give_to_server(at);
    give_to_server(at + "/password");
    const auto made =
        run_command(unprivileged({server_program("initdb"), "-D", at + "/data", "-U", "postgres", "-A", "scram-sha-256",
                                  "--pwfile", at + "/password", "-N", "--locale", "C", "-E", "UTF8"}));
    if (made.code != 0) throw std::runtime_error(made.describe());
  }
  static void TearDownTestSuite() { original_.reset(); }
  static void give_to_server(const std::string& path) {
    const passwd* const user = ::getpwnam("postgres");
    if (::geteuid() == 0 && (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)) {
      throw std::runtime_error("cannot give " + path + " to the user postgres");
    }
  }

  void start_postgres() {
    const std::string data = folder_of_peer_.path() + "/data";
    give_to_server(folder_of_peer_.path());
    ASSERT_EQ(run_command({"cp", "-a", original_->path() + "/data", data}).code, 0);
    const std::uint16_t port = free_port();
    postgres_ = std::make_unique<PeerProgram>(
        unprivileged({server_program("postgres"), "-D", data, "-p", std::to_string(port), "-h", "127.0.0.1", "-c",
                      "fsync=off", "-k", folder_of_peer_.path()}),
        port);
    come_back();
  }
  /// The remains of one that was killed may be in the way for a moment.
  void come_back() {
    const bool there = eventually([&] {
      try {
        postgres_->start();
      } catch (const std::exception&) {
        return false;
      }
      return eventually([&] { return sql("SELECT 1") == "1\n"; });
    });
    if (!there) throw std::runtime_error("PostgreSQL does not come back");
  }
  std::string sql(const std::string& text) const {
    return run_command({"psql", "-h", "127.0.0.1", "-p", std::to_string(postgres_->port()), "-U", "postgres", "-AtqX",
                        "-v", "ON_ERROR_STOP=1", "-c", text},
                       {}, {"PGPASSWORD=sesame"})
        .out;
  }
  std::string destination(const std::string& more = {}, const std::string& password = "sesame") const {
    return R"({"endpointType": "Postgres", "properties": {"host": "127.0.0.1", "port": )" +
           std::to_string(postgres_->port()) +
           R"(, "database": "postgres", "user": "postgres", "table": "events", "maxEventsPerBatch": 500, "password": ")" +
           password + "\"" + more + "}}";
  }
  std::vector<Arrived> arrived() const {
    std::vector<Arrived> all;
    std::istringstream lines(sql("SELECT id || ' ' || (event->>'subject') FROM events ORDER BY seq"));
    for (std::string number, subject; lines >> number >> subject;) all.push_back({std::stoul(number), subject});
    return all;
  }
  void make_table(const std::string& more = {}) {
    sql("CREATE TABLE events (seq bigserial, source text NOT NULL, id text NOT NULL, event jsonb NOT NULL" + more +
        ")");
  }
  bool said(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }

  static inline std::unique_ptr<TemporaryDirectory> original_;
  TemporaryDirectory folder_of_peer_;
  std::unique_ptr<PeerProgram> postgres_;
};

TEST_F(PostgresDelivery, EverythingIsThereOnceWhilePostgresComesAndGoes) {
  start_postgres();
  make_table(", PRIMARY KEY (source, id)");
  deliver_to(R"("handler-postgres": {},)", destination(R"(, "onConflict": "skip")"));
  publish(3000);
  postgres_->end(SIGKILL);
  publish(2000);
  come_back();
  publish(2000);
  postgres_->end(SIGINT);
  publish(2000);
  come_back();
  publish(kEvents - published());
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(in_order(arrived()), kEvents);
  EXPECT_EQ(sql("SELECT count(*) FROM events"), std::to_string(kEvents) + "\n");
  EXPECT_EQ(refused(), 0);
}

TEST_F(PostgresDelivery, Throughput) {
  start_postgres();
  make_table(", PRIMARY KEY (source, id)");
  measure("postgres (COPY)", R"("handler-postgres": {},)", destination());
}

TEST_F(PostgresDelivery, WithAKeyTheOrderStays) {
  start_postgres();
  make_table();
  deliver_to(R"("handler-postgres": {},)", destination(), R"("orderBy": "subject")");
  publish(1000);
  postgres_->end(SIGKILL);
  come_back();
  publish(1000);
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(arrived(), 2000);
}

TEST_F(PostgresDelivery, ABrokerThatIsKilledLosesNothingItTook) {
  start_postgres();
  make_table();
  deliver_to(R"("handler-postgres": {},)", destination());
  publish(3000);
  broker().start_again(SIGKILL);
  ASSERT_TRUE(eventually([&] { return std::stoul(sql("SELECT count(DISTINCT id) FROM events")) >= 3000; },
                         std::chrono::seconds(60)))
      << broker().output();
  expect_complete(in_order(arrived()), 3000);
}

TEST_F(PostgresDelivery, AnEventThatTheTableDoesNotTakeHoldsNoOthersUp) {
  start_postgres();
  make_table(", CHECK (id <> '42')");
  deliver_to(R"("handler-postgres": {},)", destination());
  publish(100);
  ASSERT_TRUE(eventually([&] { return delivered() >= 99 && refused() == 1; })) << broker().output();
  EXPECT_EQ(sql("SELECT count(*) FROM events"), "99\n");
  deliver_elsewhere(destination(R"(, "onConflict": "skip", "columns": [{"name": "source", "value": "source"},
      {"name": "id", "value": "id"}, {"name": "event", "value": "$data"}])"));
  publish(1);
  ASSERT_TRUE(eventually([&] { return delivered() >= 100; })) << broker().output();
  EXPECT_EQ(sql("SELECT event FROM events WHERE id = '100'"), "{\"number\": 100}\n");
}

TEST_F(PostgresDelivery, WhatOnlyTheEndOfATransactionShowsHoldsNoOthersUp) {
  start_postgres();
  sql("CREATE TABLE known (id text PRIMARY KEY); INSERT INTO known SELECT generate_series(0, 199)::text WHERE true;"
      "DELETE FROM known WHERE id IN ('42', '142')");
  make_table(", FOREIGN KEY (id) REFERENCES known DEFERRABLE INITIALLY DEFERRED");
  deliver_to(R"("handler-postgres": {},)", destination());
  publish(100);
  ASSERT_TRUE(eventually([&] { return delivered() >= 99 && refused() == 1; })) << broker().output();
  deliver_elsewhere(destination(R"(, "onConflict": "skip")"));
  publish(100);
  ASSERT_TRUE(eventually([&] { return delivered() >= 198 && refused() == 2; })) << broker().output();
  EXPECT_EQ(sql("SELECT count(*) FROM events"), "198\n");
  EXPECT_THAT(broker().output(), Not(HasSubstr("the peer of a handler cannot be used")));
}

TEST_F(PostgresDelivery, AWrongPasswordIsSaidAndEventsWaitForTheRightOne) {
  start_postgres();
  deliver_to(R"("handler-postgres": {},)", destination({}, "mellon"));
  publish(10);
  ASSERT_TRUE(said("password authentication failed for user")) << broker().output();
  EXPECT_EQ(broker().output().find("mellon"), std::string::npos);
  EXPECT_EQ(refused(), 0);
  make_table();
  deliver_elsewhere(destination());
  ASSERT_TRUE(all_delivered()) << broker().output();
  expect_complete(in_order(arrived()), 10);
}

TEST_F(PostgresDelivery, AnAddressThatMayNotBeDialledIsNotConnectedTo) {
  start_postgres();
  make_table();
  deliver_to(
      R"("handler-postgres": {"config": {"allow_clear_text": true}},)",
      R"({"endpointType": "Postgres", "properties": {"host": "10.255.255.1", "database": "postgres", "user": "u", "table": "events"}})");
  EXPECT_TRUE(said("cannot connect: ")) << broker().output();
  EXPECT_THAT(broker().output(), HasSubstr("10.255.255.1"));
}

}  // namespace
}  // namespace trellis::testing
