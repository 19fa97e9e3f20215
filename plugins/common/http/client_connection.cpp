#include "client_connection.hpp"

#include <utility>

#include "client_pool.hpp"

namespace trellis::http {

ClientConnection::ClientConnection(ClientPool& pool, ClientHost& host)
    : pool_(&pool), host_(host), secure_(host.url.secure) {}

void ClientConnection::carry(ClientCall& call) {
  call_ = &call;
  rest_number_ = 0;
  call.connection = this;
  if (open()) begin();
}

void ClientConnection::begin() {
  set_timer({});
  ++carried_;
  Limits limits;
  limits.head_bytes = pool_->settings().head_bytes;
  limits.body_bytes = call_->request.max_response_bytes;
  parser_.emplace(limits, call_->request.method == "HEAD" ? Asked::head : Asked::something);
  call_->sent = true;
  write(call_->wire(pool_->settings().user_agent));
}

void ClientConnection::rest(std::chrono::milliseconds most, std::uint64_t number) {
  call_ = nullptr;
  parser_.reset();
  rest_number_ = number;
  set_timer(most);
}

void ClientConnection::let_go() {
  pool_ = nullptr;
  call_ = nullptr;
  close();
}

void ClientConnection::on_open() noexcept {
  if (pool_ == nullptr) return;
  pool_->opened(*this);
  opened_ = true;
  if (call_ != nullptr) begin();
}

std::size_t ClientConnection::on_bytes(std::string_view bytes) noexcept {
  const std::size_t size = bytes.size();
  if (pool_ == nullptr) return size;
  // A server that speaks unasked, most often to say that it waited long enough.
  if (call_ == nullptr) {
    std::exchange(pool_, nullptr)->spoiled(*this);
    return size;
  }
  while (!bytes.empty() && parser_->state() < ResponseParser::State::complete) {
    bytes.remove_prefix(parser_->feed(bytes));
  }
  // What the pool does with it may end in the client's destruction: nothing is touched afterwards.
  if (parser_->state() == ResponseParser::State::failed) {
    pool_->misunderstood(*this, *parser_);
  } else if (parser_->state() == ResponseParser::State::complete) {
    const bool clean = bytes.empty() && unsent() == 0;
    pool_->answered(*this, *parser_, clean);
  }
  return size;
}

void ClientConnection::on_timer() noexcept {
  if (pool_ != nullptr && call_ == nullptr) std::exchange(pool_, nullptr)->spoiled(*this);
}

void ClientConnection::on_closed(std::uint32_t reason, std::string_view why) noexcept {
  if (pool_ == nullptr) return;
  ClientPool* const pool = std::exchange(pool_, nullptr);
  // Only where the peer said goodbye is a body without a length complete; under TLS whoever is on the way may close
  // too.
  const bool goodbye = secure_ ? ended() : close_reason() == TRELLIS_CLOSE_PEER;
  if (call_ != nullptr && parser_ && goodbye) {
    parser_->end();
    if (parser_->state() == ResponseParser::State::complete) return pool->answered(*this, *parser_, false);
  }
  pool->ended(*this, reason, why);
}

}  // namespace trellis::http
