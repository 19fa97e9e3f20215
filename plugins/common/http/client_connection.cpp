#include "client_connection.hpp"

#include <utility>

#include "client_http1.hpp"
#include "client_http2.hpp"
#include "client_pool.hpp"

namespace trellis::http {

ClientConnection::ClientConnection(ClientPool& pool, ClientHost& host, std::uint64_t serial)
    : pool_(&pool), host_(host), serial_(serial), secure_(host.url.secure) {}

ClientConnection::~ClientConnection() = default;

void ClientConnection::carry(ClientCall& call) {
  rest_number_ = 0;
  call.connection = this;
  call.over_kept = kept();
  if (dialling()) {
    first_ = &call;
  } else {
    carrier_->carry(call);
  }
}

void ClientConnection::rest(std::chrono::milliseconds most, std::uint64_t number) {
  rest_number_ = number;
  set_timer(most);
}

void ClientConnection::let_go() {
  pool_ = nullptr;
  first_ = nullptr;
  if (carrier_ != nullptr && open()) carrier_->on_let_go();
  close();
}

std::vector<ClientCall*> ClientConnection::calls() const {
  if (!dialling()) return carrier_->calls();
  return first_ == nullptr ? std::vector<ClientCall*>() : std::vector{first_};
}

ClientResponse ClientConnection::take_so_far(const ClientCall& call) {
  return dialling() ? ClientResponse() : carrier_->take_so_far(call);
}

std::string_view ClientConnection::phase(const ClientCall& call) const noexcept {
  if (dialling()) return "while connecting";
  if (carrier_->sending(call)) return "while sending";
  return carrier_->answering(call) ? "while reading the answer" : "while waiting for the answer";
}

void ClientConnection::on_open() noexcept {
  if (pool_ == nullptr) return;
  version_ = secure_ && fact(TRELLIS_FACT_TLS_ALPN) == "h2" ? Version::http2 : Version::http1;
  if (version_ == Version::http2) {
    carrier_ = std::make_unique<Http2Carrier>(*this);
  } else {
    carrier_ = std::make_unique<Http1Carrier>(*this);
  }
  if (ClientCall* const call = std::exchange(first_, nullptr)) carrier_->carry(*call);
  pool_->opened(*this);
}

std::size_t ClientConnection::on_bytes(std::string_view bytes) noexcept {
  if (pool_ != nullptr) carrier_->take(bytes);
  return bytes.size();
}

void ClientConnection::on_timer() noexcept {
  if (pool_ == nullptr) return;
  rest_number_ != 0 ? pool_->spoiled(*this) : carrier_->on_timer();
}

void ClientConnection::on_closed(std::uint32_t reason, std::string_view why) noexcept {
  if (pool_ == nullptr) return;
  // Under TLS whoever is on the way may close, too.
  const bool goodbye = secure_ ? ended() : close_reason() == TRELLIS_CLOSE_PEER;
  if (carrier_ != nullptr) carrier_->on_closed(goodbye);
  if (pool_ != nullptr) pool_->ended(*this, reason, why);
}

}  // namespace trellis::http
