#include "witness.hpp"

#include <algorithm>
#include <exception>

namespace events_service {
namespace {

struct Names {
  std::string_view name;
  std::string_view title;
};
constexpr std::array<Names, kOutcomes> kNames{{{"success", "Success"},
                                               {"bad_request", "BadRequest"},
                                               {"unauthorized", "Unauthorized"},
                                               {"forbidden", "Forbidden"},
                                               {"not_found", "NotFound"},
                                               {"too_large", "RequestEntityTooLarge"},
                                               {"quota", "QuotaExceeded"},
                                               {"throttled", "TooManyRequests"},
                                               {"unavailable", "ServiceUnavailable"},
                                               {"error", "InternalServerError"},
                                               {"aborted", "Aborted"}}};

}  // namespace

Asking asking(events::Operation operation) noexcept {
  if (events::is_of_dead_letters(operation)) return Asking::dead_letters;
  switch (operation) {
    case events::Operation::publish:
      return Asking::publish;
    case events::Operation::receive:
      return Asking::receive;
    case events::Operation::acknowledge:
      return Asking::acknowledge;
    case events::Operation::release:
      return Asking::release;
    case events::Operation::reject:
      return Asking::reject;
    case events::Operation::renew_lock:
      return Asking::renew;
    case events::Operation::show_deliveries:
      return Asking::deliveries;
    default:
      return Asking::unknown;
  }
}

std::string_view name_of(Outcome outcome) noexcept { return kNames[static_cast<std::size_t>(outcome)].name; }
std::string_view title_of(Outcome outcome) noexcept { return kNames[static_cast<std::size_t>(outcome)].title; }

Outcome outcome_of(const events::Problem& problem) noexcept {
  // Those of one status that say different things.
  if (problem.code == "QuotaExceeded") return Outcome::quota;
  if (problem.code == events::code_of(413)) return Outcome::too_large;
  switch (problem.status) {
    case 400:
    case 405:
    case 415:
      return Outcome::bad_request;
    case 401:
      return Outcome::unauthorized;
    case 403:
      return Outcome::forbidden;
    case 404:
    case 410:
      return Outcome::not_found;
    case 429:
      return Outcome::throttled;
    case 503:
      return Outcome::unavailable;
    default:
      return Outcome::error;
  }
}

Client Client::of(const trellis::Request& request) noexcept {
  Client client;
  client.address = trellis::ip_address_of_peer(request.peer()).value_or(trellis::IpAddress{});
  request.tls_version().copy(client.tls.data(), client.tls.size());
  client.name_space = request.name_space();
  return client;
}

Testimony& Testimony::operator=(Testimony&& other) noexcept {
  if (this == &other) return *this;
  give(gone_ ? Outcome::aborted : Outcome::error);
  asked = other.asked;
  host_ = other.host_;
  shard_ = other.shard_;
  gone_ = other.gone_;
  witness_ = std::exchange(other.witness_, nullptr);
  return *this;
}

bool Testimony::here() const noexcept {
  trellis_shard* const current = host_.loop()->current_shard(host_.handle());
  return current != nullptr && host_.loop()->shard_index(current) == shard_;
}

void Testimony::give(Outcome outcome, bool timed) noexcept {
  Witness* const witness = std::exchange(witness_, nullptr);
  if (witness == nullptr) return;
  const Answered answered{asked, outcome, timed ? std::max<std::int64_t>(0, witness->now_us() - asked.since_us) : -1};
  if (here()) return witness->answered(shard_, answered);
  try {
    host_.post(shard_, [witness, answered, shard = shard_] { witness->answered(shard, answered); });
  } catch (const std::exception&) {
    // Out of memory: one request less is counted.
  }
}

}  // namespace events_service
