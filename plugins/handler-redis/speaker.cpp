#include "speaker.hpp"

#include <string>
#include <utility>

#include "verdict.hpp"

namespace redis {

using common::Verdict;

void RedisSpeaker::begin() {
  if (!target_.user.empty()) {
    ask(Step::authentication, {"AUTH", target_.user, target_.password});
  } else if (!target_.password.empty()) {
    ask(Step::authentication, {"AUTH", target_.password});
  }
  if (target_.database != 0) ask(Step::database, {"SELECT", std::to_string(target_.database)});
  ask(Step::greeting, {"PING"});
}

void RedisSpeaker::ask(Step step, const std::vector<std::string_view>& words) {
  asked_.push_back({step});
  link_.write(command(words));
}

void RedisSpeaker::ping() { ask(Step::sign_of_life, {"PING"}); }

std::optional<Verdict> RedisSpeaker::send(std::uint64_t number, peer_link::Piece& piece) {
  asked_.push_back({std::nullopt, number});
  link_.write(piece.bytes);
  return std::nullopt;
}

std::size_t RedisSpeaker::read(std::string_view bytes) {
  replies_.feed(bytes);
  while (const auto reply = replies_.next()) {
    // Such as that there are too many clients, which is said before anything is asked.
    if (asked_.empty()) {
      end(judge_error(reply->text, link_.settings().name));
      return bytes.size();
    }
    const Asked asked = asked_.front();
    asked_.pop_front();
    if (!answer(asked, *reply)) return bytes.size();
  }
  if (!replies_.broken().empty()) link_.misunderstood("the reply is none of Redis: " + replies_.broken());
  return bytes.size();
}

bool RedisSpeaker::answer(const Asked& asked, const Reply& reply) {
  return asked.step ? answer_step(*asked.step, reply) : answer_entry(asked.number, reply);
}

bool RedisSpeaker::answer_step(Step step, const Reply& reply) {
  const bool pong = step == Step::greeting || step == Step::sign_of_life;
  // A user that may do nothing but XADD is greeted in another way.
  const bool greeted = pong && reply.type == Reply::Type::error && reply.text.starts_with("NOPERM ");
  if (reply.type == Reply::Type::error && !greeted) {
    return end(step == Step::authentication ? judge_authentication(reply.text, link_.settings().name)
                                            : judge_error(reply.text, link_.settings().name));
  }
  if (!greeted && (reply.type != Reply::Type::status || reply.text != (pong ? "PONG" : "OK"))) {
    link_.misunderstood("found " + common::said(reply.text) + ", expected " + (pong ? "PONG" : "OK"));
    return false;
  }
  if (step == Step::greeting) link_.ready();
  return true;
}

bool RedisSpeaker::answer_entry(std::uint64_t number, const Reply& reply) {
  if (reply.type == Reply::Type::text) return link_.settle(number, Verdict::delivered());
  if (reply.type != Reply::Type::error) {
    link_.misunderstood("found something else, expected the id of an entry");
    return false;
  }
  const Verdict verdict = judge_error(reply.text, link_.settings().name);
  // Somebody else may be the master now, or the password another one.
  if (ends_connection(reply.text)) return end(verdict);
  return link_.settle(number, verdict);
}

bool RedisSpeaker::end(Verdict verdict) {
  // Of an event that would be "never", but the connection is not the event's fault.
  if (verdict.outcome == common::Outcome::refused) {
    verdict.outcome = common::Outcome::retry;
    verdict.wait = common::kUsualWait;
  }
  link_.fail(std::move(verdict));
  return false;
}

}  // namespace redis
