// Requests of HTTP/1.1 that services keep, and answers that come piece by piece.
#include <algorithm>
#include <utility>

#include "common/http/response_writer.hpp"
#include "http1_connection.hpp"

namespace transport_http {

// In HTTP/1.0 the end of the connection is that of the body.
void Http1Connection::begin_stream(Exchange& exchange, const Answer& answer) {
  if (closed_) return;
  const trellis::http::Response response = answer.response();
  if (exchange.minor == 0) {
    exchange.keep_alive = false;
    last_request_seen_ = true;
  }
  exchange.streams = true;
  ++streams_;
  questions().pin(*exchange.kept);
  shard_.count_response(response.status);
  trellis::http::write_stream_head(exchange.text, response,
                                   {.date = shard_.date(),
                                    .minor = exchange.minor,
                                    .head_only = exchange.head_only,
                                    .keep_alive = exchange.keep_alive});
  write_piece(*exchange.kept, response.body);
}

KeptExchange& Http1Connection::keep(void* request_user, const trellis_exchange_user& table, void* user) {
  Exchange& exchange = *static_cast<Exchange*>(request_user);
  exchange.kept = std::make_unique<KeptExchange>(*this, request_user, table, user);
  return *exchange.kept;
}

void Http1Connection::release(KeptExchange& exchange) noexcept {
  questions().forget(exchange);
  questions().unpin(exchange);
  static_cast<Exchange*>(exchange.request_user())->kept.reset();
}

// Who keeps the exchange hears that nothing more comes of it.
void Http1Connection::over(Exchange& exchange) noexcept {
  if (exchange.kept == nullptr) return;
  const std::unique_ptr<KeptExchange> kept = std::move(exchange.kept);
  questions().forget(*kept);
  questions().unpin(*kept);
  kept->disconnect();
  kept->tell_over();
}

void Http1Connection::write_piece(KeptExchange& kept, std::string_view piece) {
  Exchange& exchange = *static_cast<Exchange*>(kept.request_user());
  if (!exchange.streams || closed_) return;
  if (!exchange.head_only) {
    if (exchange.minor == 0) {
      exchange.text.append(piece);
    } else {
      trellis::http::write_chunk(exchange.text, piece);
    }
  }
  if (&exchange == &exchanges_.front()) write(std::exchange(exchange.text, {}));
}

std::size_t Http1Connection::unsent(const KeptExchange& kept) const noexcept {
  const auto& exchange = *static_cast<const Exchange*>(kept.request_user());
  return exchange.text.size() + shard_.tables().connection->unsent(connection_);
}

void Http1Connection::end_pieces(KeptExchange& kept) {
  Exchange& exchange = *static_cast<Exchange*>(kept.request_user());
  if (!exchange.streams) return release(kept);
  release(kept);
  exchange.streams = false;
  --streams_;
  exchange.answered = true;
  if (exchange.minor > 0 && !exchange.head_only) exchange.text.append(trellis::http::kLastChunk);
  if (closed_) return;
  if (&exchange == &exchanges_.front()) send_answers();
  if (!in_take_) read_on();
}

// Whoever is told may end its own exchange, and others leave with it.
void Http1Connection::tell_drain() {
  const auto waits = [](const Exchange& one) { return one.kept != nullptr && !one.kept->drain_told; };
  for (;;) {
    const auto next = std::find_if(exchanges_.begin(), exchanges_.end(), waits);
    if (next == exchanges_.end()) return;
    next->kept->drain_told = true;
    next->kept->tell_drain();
  }
}

}  // namespace transport_http
