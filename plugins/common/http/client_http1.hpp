/// HTTP/1.1 on a client's connection: one call at a time.
#pragma once

#include <optional>

#include "client_carrier.hpp"
#include "response_parser.hpp"

namespace trellis::http {

class ClientConnection;

class Http1Carrier final : public ClientCarrier {
 public:
  explicit Http1Carrier(ClientConnection& connection) : connection_(connection) {}

  std::size_t room() const noexcept override { return call_ == nullptr && rest_time_.count() > 0 ? 1 : 0; }
  void carry(ClientCall& call) override;
  void give_up(ClientCall& call) override;
  std::size_t count() const noexcept override { return call_ == nullptr ? 0 : 1; }
  std::vector<ClientCall*> calls() const override;
  bool answering(const ClientCall&) const noexcept override { return parser_ && parser_->begun(); }
  ClientResponse take_so_far(const ClientCall& call) override;
  bool sending(const ClientCall&) const noexcept override;
  std::chrono::milliseconds rest_time() const noexcept override { return rest_time_; }

  void take(std::string_view bytes) noexcept override;
  void on_closed(bool goodbye) noexcept override;

 private:
  void answered(bool clean);

  ClientConnection& connection_;
  ClientCall* call_ = nullptr;
  std::optional<ResponseParser> parser_;
  std::chrono::milliseconds rest_time_{0};  // by the last response
};

}  // namespace trellis::http
