#include "exchange.hpp"

#include <algorithm>
#include <trellis/view.hpp>
#include <utility>

#include "connection.hpp"

namespace transport_http {
namespace {

trellis_auth_answer denial(trellis_status status, std::string_view reason) {
  trellis_auth_answer answer{};
  answer.struct_size = sizeof answer;
  answer.verdict = TRELLIS_AUTH_DENY;
  answer.status = status;
  answer.reason = trellis::view(reason);
  return answer;
}

}  // namespace

const trellis_exchanges& KeptExchange::functions() noexcept {
  static constexpr trellis_exchanges kTable{
      sizeof(trellis_exchanges),
      0,
      [](trellis_exchange* exchange, const trellis_exchange_user* table, void* user) -> trellis_exchange* {
        const auto& offered = *static_cast<OfferedExchange*>(exchange);
        return &offered.connection.keep(offered.request_user, *table, user);
      },
      [](trellis_exchange* exchange) {
        KeptExchange& kept = of(exchange);
        if (kept.connection() != nullptr) kept.connection()->release(kept);
      },
      [](trellis_exchange* exchange, const trellis_credentials* credentials) {
        KeptExchange& kept = of(exchange);
        if (kept.connection() != nullptr) kept.connection()->questions().ask(kept, *credentials);
      },
      [](trellis_exchange* exchange) { of(exchange).stream_wanted = true; },
      [](trellis_exchange* exchange, trellis_view piece) {
        KeptExchange& kept = of(exchange);
        if (kept.connection() != nullptr) kept.connection()->write_piece(kept, trellis::text(piece));
      },
      [](const trellis_exchange* exchange) -> std::size_t {
        const KeptExchange& kept = of(exchange);
        return kept.connection() == nullptr ? 0 : kept.connection()->unsent(kept);
      },
      [](trellis_exchange* exchange) {
        KeptExchange& kept = of(exchange);
        if (kept.connection() != nullptr) kept.connection()->end_pieces(kept);
      }};
  return kTable;
}

Questions::Waiting::Waiting(KeptExchange& who, const trellis_credentials& from) : exchange(&who), facts(from) {
  trellis_view* const views[] = {
      &facts.protocol,           &facts.client_id, &facts.username, &facts.password, &facts.authentication_method,
      &facts.authentication_data};
  texts.reserve(std::size(views));
  for (trellis_view* const one : views) *one = trellis::view(texts.emplace_back(trellis::text(*one)));
  facts.user_properties = nullptr;
  facts.user_property_count = 0;
}

void Questions::ask(KeptExchange& exchange, const trellis_credentials& credentials) {
  if (busy_) {
    waiting_.emplace_back(exchange, credentials);
  } else {
    put(exchange, credentials);
  }
}

void Questions::put(KeptExchange& exchange, const trellis_credentials& credentials) {
  busy_ = true;
  asked_ = &exchange;
  const trellis_host_identity* const table = shard_.tables().identity;
  if (table == nullptr) return answered(denial(TRELLIS_UNAVAILABLE, "this broker knows no clients"));
  trellis_credentials asked = credentials;
  // Then only the same client is let in, so that rights of the streams' client stay with it.
  if (pins_ > 0) asked.flags |= TRELLIS_CREDENTIALS_REAUTHENTICATES;
  table->authenticate(connection_, &asked);
}

// The identity is the connection's only until the next one is asked about.
void Questions::answered(const trellis_auth_answer& answer) {
  KeptExchange* const exchange = std::exchange(asked_, nullptr);
  if (exchange != nullptr) {
    const bool allowed = answer.verdict == TRELLIS_AUTH_ALLOW;
    told_ = allowed ? exchange : nullptr;
    if (answer.verdict == TRELLIS_AUTH_CHALLENGE) {
      exchange->tell_authenticated(nullptr, denial(TRELLIS_BAD_METHOD, "requests have no further steps"), false);
    } else {
      exchange->tell_authenticated(allowed ? connection_ : nullptr, answer, !allowed && pins_ > 0);
    }
  }
  told_ = nullptr;
  busy_ = false;
  ask_next();
}

void Questions::ask_next() {
  if (busy_ || waiting_.empty()) return;
  std::list<Waiting> next;
  next.splice(next.begin(), waiting_, waiting_.begin());
  put(*next.front().exchange, next.front().facts);
}

void Questions::forget(const KeptExchange& exchange) noexcept {
  if (asked_ == &exchange) asked_ = nullptr;
  std::erase_if(waiting_, [&](const auto& one) { return one.exchange == &exchange; });
}

void Questions::pin(KeptExchange& exchange) noexcept {
  if (told_ != &exchange || exchange.pins) return;
  exchange.pins = true;
  ++pins_;
}

void Questions::unpin(KeptExchange& exchange) noexcept {
  if (exchange.pins) --pins_;
  exchange.pins = false;
}

}  // namespace transport_http
