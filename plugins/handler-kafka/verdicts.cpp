#include "verdicts.hpp"

#include <algorithm>
#include <cstdlib>

namespace kafka {
namespace {

using common::Outcome;
using common::Verdict;
using trellis::Cause;

struct Rule {
  rd_kafka_resp_err_t error;
  Cause cause;
  Outcome outcome;  // refused: the record is what is wrong, and always will be; later: it was not sent
};

// The README shows the same table. What is not here passes: it is tried again, as other.
constexpr Rule kRules[] = {
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Cause::timed_out, Outcome::retry},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, Cause::timed_out, Outcome::retry},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, Cause::timed_out, Outcome::retry},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Cause::timed_out, Outcome::retry},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, Cause::busy, Outcome::later},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Cause::busy, Outcome::retry},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Cause::busy, Outcome::retry},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, Cause::busy, Outcome::retry},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Cause::busy, Outcome::retry},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Cause::busy, Outcome::retry},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Cause::full, Outcome::retry},
    {RD_KAFKA_RESP_ERR__TRANSPORT, Cause::socket, Outcome::retry},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Cause::socket, Outcome::retry},
    {RD_KAFKA_RESP_ERR__SSL, Cause::socket, Outcome::retry},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, Cause::socket, Outcome::retry},
    {RD_KAFKA_RESP_ERR__RESOLVE, Cause::resolution, Outcome::retry},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Cause::not_found, Outcome::retry},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, Cause::not_found, Outcome::retry},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Cause::not_found, Outcome::retry},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, Cause::unauthorized, Outcome::retry},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Cause::unauthorized, Outcome::retry},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, Cause::unauthorized, Outcome::retry},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Cause::forbidden, Outcome::retry},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Cause::forbidden, Outcome::retry},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Cause::forbidden, Outcome::retry},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, Cause::bad_request, Outcome::retry},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Cause::too_large, Outcome::refused},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, Cause::too_large, Outcome::refused},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, Cause::bad_request, Outcome::refused},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Cause::bad_request, Outcome::refused},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, Cause::forbidden, Outcome::retry},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, Cause::canceled, Outcome::later},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, Cause::canceled, Outcome::retry},
    {RD_KAFKA_RESP_ERR__DESTROY, Cause::canceled, Outcome::retry},
    {RD_KAFKA_RESP_ERR__FATAL, Cause::aborted, Outcome::retry},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Cause::aborted, Outcome::retry},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Cause::aborted, Outcome::retry},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Cause::aborted, Outcome::retry},
};

// What somebody has to put right first, at the cluster or in the destination, as Event Grid waits for its own
// resources.
std::chrono::milliseconds least_wait(Cause cause) {
  const bool to_be_mended = cause == Cause::unauthorized || cause == Cause::forbidden || cause == Cause::not_found;
  return to_be_mended ? std::chrono::minutes(5) : std::chrono::minutes(0);
}

const Rule* rule_of(rd_kafka_resp_err_t error) {
  const auto* const found =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) { return rule.error == error; });
  return found == std::end(kRules) ? nullptr : found;
}

}  // namespace

Cause cause_of(rd_kafka_resp_err_t error) {
  const Rule* const rule = rule_of(error);
  return rule == nullptr ? Cause::other : rule->cause;
}

Verdict judge(rd_kafka_resp_err_t error, const Target& target, const Trouble& trouble) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Verdict::delivered();
  const Rule* const rule = rule_of(error);
  const Cause cause = cause_of(error);
  const std::string who = target.name() + ": ";
  Verdict verdict = Verdict::retry(cause, who + common::said(rd_kafka_err2str(error)));
  if (rule != nullptr) verdict.outcome = rule->outcome;
  if (verdict.outcome == Outcome::later) verdict.wait = common::kRoomWait;
  if (error > 0) verdict.code = static_cast<std::uint32_t>(error);  // others are librdkafka's own
  // These say that nothing came of it, and not why.
  const bool tells_little = cause == Cause::timed_out || cause == Cause::canceled;
  if (tells_little && trouble.cause != Cause::none) {
    verdict = verdict.once_sent();  // at least it was tried to
    verdict.cause = trouble.cause;
    verdict.reason = who + trouble.text;
  } else if (error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    verdict.reason = who + "no acknowledgement in " + std::to_string(target.message_timeout.count()) + " ms";
  }
  if (verdict.outcome == Outcome::retry) verdict.wait = least_wait(verdict.cause);
  return verdict;
}

}  // namespace kafka
