// And back: what the server says.
#include <charconv>
#include <trellis/json.hpp>
#include <utility>
#include <vector>

#include "speaker.hpp"
#include "verdict.hpp"

namespace nats {

using common::Verdict;
using trellis::Cause;

std::size_t NatsSpeaker::read(std::string_view bytes) {
  WireReader reader(bytes);
  Operation operation;
  while (reader.next(operation)) {
    if (!take(operation)) return bytes.size();
  }
  if (reader.broken().empty()) return reader.consumed();
  link_.misunderstood(reader.broken());
  return bytes.size();
}

bool NatsSpeaker::take(const Operation& operation) {
  switch (operation.type) {
    case Operation::Type::info:
      return take_info(operation.text);
    case Operation::Type::message:
      return take_message(operation);
    case Operation::Type::ping:
      link_.write("PONG\r\n");
      return true;
    case Operation::Type::pong:
      return take_pong();
    case Operation::Type::ok:
      return true;
    case Operation::Type::error:
      return take_error(operation.text);
  }
  return true;
}

bool NatsSpeaker::take_info(std::string_view json) {
  const auto info = trellis::json::parse(json);
  if (!info || info->type != trellis::json::Type::object) {
    link_.misunderstood("found an INFO that is no object of JSON");
    return false;
  }
  const auto says = [&](std::string_view name) {
    const auto* found = info->find(name);
    return found != nullptr && found->boolean;
  };
  const auto* most = info->find("max_payload");
  if (most != nullptr && most->integer > 0) most_bytes_ = static_cast<std::size_t>(most->integer);
  if (greeted_) return true;  // news of the cluster
  const std::string& name = link_.settings().name;
  if (says("tls_required") && !link_.settings().target.secure) {
    link_.fail(Verdict::retry(
        Cause::forbidden,
        name +
            ": the server wants TLS; it has to offer it from the first byte (handshake_first), and tls has to be true",
        common::kUsualWait));
    return false;
  }
  if (!says("headers")) {
    link_.fail(Verdict::retry(Cause::disabled, name + ": the server has no headers; NATS 2.2 or later is needed",
                              common::kUsualWait));
    return false;
  }
  if (inbox_.empty()) {
    link_.fail(Verdict::later(Cause::other, "OpenSSL has no random numbers", common::kUsualWait));
    return false;
  }
  const auto* nonce = info->find("nonce");
  greet(nonce != nullptr ? std::string_view(nonce->text) : std::string_view());
  return true;
}

bool NatsSpeaker::take_pong() {
  if (!pings_.answered()) {
    link_.misunderstood("found PONG, expected it after PING only");
    return false;
  }
  link_.ready();
  return true;
}

bool NatsSpeaker::take_message(const Operation& operation) {
  const std::string& name = link_.settings().name;
  std::uint64_t number = 0;
  std::string_view subject = operation.subject;
  const bool mine = target_.jet_stream && subject.starts_with(inbox_);
  if (mine) subject.remove_prefix(inbox_.size());
  const auto [end, error] = std::from_chars(subject.data(), subject.data() + subject.size(), number);
  if (!mine || error != std::errc() || end != subject.data() + subject.size()) {
    link_.misunderstood("found a message to another subject, expected confirmations");
    return false;
  }
  // A second answer, such as one more of a service that listens there as well, changes nothing.
  if (header_status(operation.headers) == 503) {
    link_.settle(number, Verdict{common::Outcome::retry, Cause::busy, 503, common::kUsualWait,
                                 name + ": no stream takes events of that subject, or it has no leader now"});
    return true;
  }
  if (const auto verdict = judge_ack(operation.payload, name)) {
    link_.settle(number, *verdict);
  } else {
    link_.settle(number, Verdict::retry(Cause::aborted,
                                        name + ": found \"" + common::said(operation.payload) +
                                            "\", expected what a stream confirms with",
                                        common::kUsualWait));
  }
  return true;
}

bool NatsSpeaker::take_error(std::string_view text) {
  const ServerError error = judge_error(text, link_.settings().name);
  if (!error.subject) {
    link_.fail(error.verdict);
    return false;
  }
  std::vector<std::uint64_t> numbers;
  for (const Published& one : published_) {
    if (one.subject == *error.subject) numbers.push_back(one.number);
  }
  for (const std::uint64_t number : numbers) link_.settle(number, error.verdict);
  return true;
}

}  // namespace nats
