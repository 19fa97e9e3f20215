// What errors mean.
#include "verdict.hpp"

#include "fixture.hpp"

namespace postgres {
namespace {

using namespace postgres::testing;
using common::Outcome;

struct Row4 {
  std::string state;
  Outcome outcome;
  Cause cause;
  bool of_row = false;
  bool ends = false;
};

class States : public ::testing::TestWithParam<Row4> {};

TEST_P(States, BecomeVerdicts) {
  const Row4& row = GetParam();
  const auto judged = judge(row.state, "it is so\nand more", "postgres://a:1");
  EXPECT_EQ(judged.verdict.outcome, row.outcome);
  EXPECT_EQ(judged.verdict.cause, row.cause);
  EXPECT_EQ(judged.of_row, row.of_row);
  EXPECT_EQ(judged.ends_connection, row.ends);
  EXPECT_EQ(judged.verdict.reason,
            "postgres://a:1: it is so" + (row.state.empty() ? "" : " (SQLSTATE " + row.state + ")"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, States,
    ::testing::Values(
        Row4{"", Outcome::retry, Cause::socket, false, true}, Row4{"08006", Outcome::retry, Cause::socket, false, true},
        Row4{"57P01", Outcome::retry, Cause::socket, false, true},
        Row4{"57P03", Outcome::retry, Cause::busy, false, true}, Row4{"57014", Outcome::retry, Cause::timed_out},
        Row4{"25006", Outcome::retry, Cause::busy, false, true}, Row4{"40001", Outcome::retry, Cause::busy},
        Row4{"40P01", Outcome::retry, Cause::busy}, Row4{"55P03", Outcome::retry, Cause::busy},
        Row4{"53100", Outcome::retry, Cause::full}, Row4{"53300", Outcome::retry, Cause::busy},
        Row4{"28P01", Outcome::retry, Cause::unauthorized, false, true},
        Row4{"42501", Outcome::retry, Cause::forbidden}, Row4{"3D000", Outcome::retry, Cause::not_found},
        Row4{"42P01", Outcome::retry, Cause::not_found}, Row4{"42703", Outcome::retry, Cause::not_found},
        Row4{"42804", Outcome::retry, Cause::other}, Row4{"22P02", Outcome::refused, Cause::bad_request, true},
        Row4{"23505", Outcome::refused, Cause::bad_request, true},
        Row4{"23514", Outcome::refused, Cause::bad_request, true},
        Row4{"P0001", Outcome::refused, Cause::bad_request, true},
        Row4{"54000", Outcome::refused, Cause::too_large, true}, Row4{"XX000", Outcome::retry, Cause::other}));

TEST(Connections, AreJudgedByTheServersWords) {
  const auto cause = [](const std::string& message) {
    const auto verdict = judge_connection(message, "postgres://a:1");
    EXPECT_EQ(verdict.outcome, Outcome::retry) << "it is no event's fault";
    return verdict.cause;
  };
  EXPECT_EQ(cause("FATAL:  password authentication failed for user \"u\""), Cause::unauthorized);
  EXPECT_EQ(cause("fe_sendauth: no password supplied"), Cause::unauthorized);
  EXPECT_EQ(cause("FATAL:  no pg_hba.conf entry for host \"a\", user \"u\", database \"d\""), Cause::unauthorized);
  EXPECT_EQ(cause("FATAL:  role \"u\" does not exist"), Cause::unauthorized);
  EXPECT_EQ(cause("FATAL:  database \"d\" does not exist"), Cause::not_found);
  EXPECT_EQ(cause("FATAL:  permission denied for database \"d\""), Cause::forbidden);
  EXPECT_EQ(cause("FATAL:  sorry, too many clients already"), Cause::busy);
  EXPECT_EQ(cause("FATAL:  the database system is starting up"), Cause::busy);
  EXPECT_EQ(cause("SSL error: certificate verify failed"), Cause::forbidden);
  EXPECT_EQ(cause("server does not support SSL, but SSL was required"), Cause::forbidden);
  EXPECT_EQ(cause("Connection refused"), Cause::socket);
}

}  // namespace
}  // namespace postgres
