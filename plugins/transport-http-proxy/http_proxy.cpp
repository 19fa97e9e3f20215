#include "http_proxy.hpp"

#include <algorithm>

#include "common/http/characters.hpp"
#include "tunnel.hpp"

namespace transport_http_proxy {

/// Waits for the proxy's answer; after it, bytes pass as they are.
class HttpProxy::Stream final : public trellis::LayerStream {
 public:
  Stream(HttpProxy& plugin, trellis::LayerIo io)
      : plugin_(plugin), io_(io), tunnel_(std::make_unique<Tunnel>(!plugin.credentials_.empty())) {}

  bool on_input(std::string_view bytes) noexcept override {
    if (tunnel_ != nullptr) {
      bytes.remove_prefix(tunnel_->feed(bytes));
      if (tunnel_->failed()) return give_up();
      if (!tunnel_->open()) return true;
      tunnel_.reset();
      plugin_.open_.add(io_.shard().handle());
      io_.ready();
    }
    if (!bytes.empty()) io_.up(bytes);
    return true;
  }

  bool on_output(std::string_view bytes) noexcept override {
    io_.down(bytes);
    return true;
  }

  std::string_view fact(std::string_view name) noexcept override {
    if (name == TRELLIS_FACT_ERROR && tunnel_ != nullptr) return tunnel_->error();
    return {};
  }

 private:
  bool give_up() {
    (tunnel_->refused() ? plugin_.refused_ : plugin_.malformed_).add(io_.shard().handle());
    return false;
  }

  HttpProxy& plugin_;
  trellis::LayerIo io_;
  std::unique_ptr<Tunnel> tunnel_;  // until it is open
};

trellis::Schema HttpProxy::schema() {
  return trellis::Schema{}
      .text("user", {.help = "Who asks, where the proxy wants to know. It learns it unencrypted."})
      .secret("password", {.help = "The user's password."})
      .example(R"({"user": "broker", "password": "${env:PROXY_PASSWORD}"})");
}

trellis::Result<void> HttpProxy::configure(const trellis::Config& config) {
  const std::string user = config.text("user", "");
  const std::string password = config.text("password", "");
  if (user.empty() != password.empty()) return trellis::fail("/user and /password go together: one is missing");
  if (user.empty()) return trellis::ok();
  const auto plain = [](char c) { return trellis::http::is_field_char(c) && c != '\t'; };
  if (user.find(':') != std::string::npos || !std::all_of(user.begin(), user.end(), plain)) {
    return trellis::fail("/user: it must not contain ':' or a control character");
  }
  if (!std::all_of(password.begin(), password.end(), plain)) {
    return trellis::fail("/password: it must not contain a control character; does its file end in an empty line?");
  }
  credentials_ = basic_credentials(user, password);
  return trellis::ok();
}

trellis::Result<void> HttpProxy::start() {
  static constexpr std::string_view kHelp = "Tunnels asked of the proxy, by its answer.";
  connections_ = host().table<trellis_host_connection>();
  open_ = host().counter("trellis_http_proxy_tunnels_total", kHelp, "outcome=\"open\"");
  refused_ = host().counter("trellis_http_proxy_tunnels_total", kHelp, "outcome=\"refused\"");
  malformed_ = host().counter("trellis_http_proxy_tunnels_total", kHelp, "outcome=\"malformed\"");
  return trellis::ok();
}

std::unique_ptr<trellis::LayerStream> HttpProxy::open(trellis::LayerIo io) {
  trellis_connection_info info{};
  info.struct_size = sizeof info;
  connections_->info(io.connection(), &info);
  if ((info.flags & TRELLIS_CONNECTION_DIALLED) == 0) {
    host().log(trellis::Level::warn, "connection refused: this layer is for connections to others, not for a listener",
               {{"listener", trellis::text(info.listener)}});
    return nullptr;
  }
  const std::string request = tunnel_request(trellis::text(info.host), info.port, credentials_);
  if (request.empty()) {
    host().log(trellis::Level::warn, "connection refused: the host's name cannot be told to a proxy");
    return nullptr;
  }
  auto stream = std::make_unique<Stream>(*this, io);
  io.down(request);
  return stream;
}

}  // namespace transport_http_proxy
