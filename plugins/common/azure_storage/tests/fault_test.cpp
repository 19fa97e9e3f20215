// What answers come to.
#include "common/azure_storage/fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azure_storage {
namespace {

using namespace std::chrono_literals;
using common::Outcome;
using common::Verdict;
using trellis::Cause;
using trellis::http::ClientError;
using trellis::http::ClientResponse;
using trellis::http::ClientResult;
using trellis::http::Failure;

Verdict of(std::uint32_t status, const std::string& code = {}) {
  ClientResponse answer;
  answer.status = status;
  if (!code.empty()) answer.headers.emplace_back("x-ms-error-code", code);
  ClientResult result(answer);
  return judge(result, "queue orders");
}

struct Row {
  std::uint32_t status;
  const char* code;
  Outcome outcome;
  Cause cause;
  std::chrono::milliseconds wait = 0ms;
};

TEST(Verdicts, OfStatuses) {
  const std::vector<Row> rows{{201, "", Outcome::delivered, Cause::none},
                              {204, "", Outcome::delivered, Cause::none},
                              {301, "", Outcome::retry, Cause::other},
                              {400, "InvalidXmlDocument", Outcome::refused, Cause::bad_request},
                              {400, "RequestBodyTooLarge", Outcome::refused, Cause::too_large},
                              {401, "", Outcome::retry, Cause::unauthorized, 5min},
                              {403, "AuthenticationFailed", Outcome::retry, Cause::unauthorized, 5min},
                              {403, "AuthorizationFailure", Outcome::retry, Cause::forbidden, 5min},
                              {403, "AccountIsDisabled", Outcome::retry, Cause::disabled, 5min},
                              {404, "QueueNotFound", Outcome::retry, Cause::not_found, 5min},
                              {405, "", Outcome::retry, Cause::bad_request},
                              {408, "", Outcome::retry, Cause::timed_out, 2min},
                              {409, "QueueBeingDeleted", Outcome::retry, Cause::not_found, 30s},
                              {409, "QueueDisabled", Outcome::retry, Cause::disabled, 5min},
                              {409, "AccountBeingCreated", Outcome::retry, Cause::busy},
                              {413, "", Outcome::refused, Cause::too_large},
                              {429, "", Outcome::retry, Cause::busy},
                              {500, "InternalError", Outcome::retry, Cause::other},
                              {500, "OperationTimedOut", Outcome::retry, Cause::timed_out},
                              {503, "ServerBusy", Outcome::retry, Cause::busy, 30s},
                              {507, "", Outcome::retry, Cause::full}};
  for (const Row& row : rows) {
    const Verdict verdict = of(row.status, row.code);
    EXPECT_EQ(verdict.outcome, row.outcome) << row.status << row.code;
    EXPECT_EQ(verdict.cause, row.cause) << row.status << row.code;
    EXPECT_EQ(verdict.wait, row.wait) << row.status << row.code;
    EXPECT_EQ(verdict.code, row.status);
  }
  EXPECT_EQ(of(404, "QueueNotFound").reason, "queue orders: status 404 (QueueNotFound)");
}

TEST(Verdicts, OfNoAnswer) {
  const auto of = [](Failure failure) {
    ClientResult result(ClientError{failure, "it is so", false});
    return judge(result, "queue orders");
  };
  EXPECT_EQ(of(Failure::connect).cause, Cause::socket);
  EXPECT_EQ(of(Failure::closed).cause, Cause::socket);
  EXPECT_EQ(of(Failure::name).cause, Cause::resolution);
  EXPECT_EQ(of(Failure::forbidden).cause, Cause::forbidden);
  EXPECT_EQ(of(Failure::timeout).cause, Cause::timed_out);
  EXPECT_EQ(of(Failure::malformed).cause, Cause::aborted);
  EXPECT_EQ(of(Failure::full).cause, Cause::busy);
  EXPECT_EQ(of(Failure::stopped).cause, Cause::canceled);
  EXPECT_EQ(of(Failure::settings).cause, Cause::other);
  EXPECT_EQ(of(Failure::request).outcome, Outcome::refused);
  for (const Failure failure : {Failure::connect, Failure::timeout, Failure::malformed}) {
    EXPECT_EQ(of(failure).outcome, Outcome::retry);
    EXPECT_EQ(of(failure).reason, "queue orders: it is so");
  }
}

TEST(Verdicts, OfWhatWasNotSentAreNoAttempts) {
  const auto of = [](Failure failure) {
    ClientResult result(ClientError{failure, "it is so", false});
    return judge(result, "queue orders");
  };
  for (const Failure failure : {Failure::full, Failure::stopped, Failure::settings}) {
    EXPECT_EQ(of(failure).outcome, Outcome::later);
    EXPECT_GE(of(failure).wait, 1s);
    EXPECT_EQ(of(failure).reason, "queue orders: it is so");
  }
}

TEST(ErrorCodes, AreInTheBodyAsWell) {
  ClientResponse answer;
  answer.body = "<?xml version=\"1.0\"?><Error><Code>QueueNotFound</Code><Message>no</Message></Error>";
  EXPECT_EQ(error_code(answer), "QueueNotFound");
}

TEST(ErrorCodes, ThatAreNoneAreNotRepeated) {
  ClientResponse answer;
  answer.headers.emplace_back("x-ms-error-code", "a b\x1b[31m");
  EXPECT_EQ(error_code(answer), "");
  answer.headers = {{"x-ms-error-code", std::string(65, 'a')}};
  EXPECT_EQ(error_code(answer), "");
}

}  // namespace
}  // namespace azure_storage
