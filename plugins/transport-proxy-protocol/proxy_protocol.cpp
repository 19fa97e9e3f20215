#include "proxy_protocol.hpp"

namespace transport_proxy_protocol {

/// Waits for the header; after it, bytes pass as they are.
class ProxyProtocol::Stream final : public trellis::LayerStream {
 public:
  Stream(ProxyProtocol& plugin, trellis::LayerIo io) : plugin_(plugin), io_(io) {}

  bool on_input(std::string_view bytes) noexcept override {
    if (header_ != nullptr) {
      io_.up(bytes);
      return true;
    }
    if (!plugin_.trusted(io_.connection())) return refuse(plugin_.untrusted_, "the sender is no trusted proxy");
    waiting_ += bytes;
    const Read read = read_header(waiting_);
    if (read.outcome == Outcome::malformed) return refuse(plugin_.malformed_, read.fault);
    if (read.outcome == Outcome::wants_more) return true;
    header_ = std::make_unique<Header>(read.header);
    plugin_.accepted_.add(io_.shard().handle(), 1);
    const std::string rest = std::exchange(waiting_, std::string()).substr(header_->bytes);
    if (!rest.empty()) io_.up(rest);
    return true;
  }

  bool on_output(std::string_view bytes) noexcept override {
    io_.down(bytes);
    return true;
  }

  std::string_view fact(std::string_view name) noexcept override {
    if (header_ == nullptr) return {};
    if (name == TRELLIS_FACT_PEER) return header_->peer;
    if (name == TRELLIS_FACT_HOST) return header_->host;
    if (name == TRELLIS_FACT_TLS_VERSION) return header_->tls_version;
    if (name == TRELLIS_FACT_TLS_CIPHER) return header_->tls_cipher;
    if (name == TRELLIS_FACT_CLIENT_NAME) return header_->client_name;
    if (name == TRELLIS_FACT_CLIENT_VERIFIED && header_->client_verified) return "yes";
    return {};
  }

 private:
  bool refuse(const trellis::Metric& metric, std::string_view why) {
    metric.add(io_.shard().handle(), 1);
    if (plugin_.host().logs(trellis::Level::debug)) {
      plugin_.host().log(trellis::Level::debug, "connection refused", {{"reason", why}});
    }
    return false;
  }

  ProxyProtocol& plugin_;
  trellis::LayerIo io_;
  std::string waiting_;  // of the header, at most kMostBytes and what came with its end
  std::unique_ptr<Header> header_;
};

trellis::Schema ProxyProtocol::schema() {
  return trellis::Schema{}
      .texts("from", {.help = "Addresses and ranges of the proxies that are believed: \"10.1.0.0/16\", \"::1\". A "
                              "connection from anywhere else is closed.",
                      .minimum_items = 1,
                      .fallback = R"(["127.0.0.0/8", "::1"])"})
      .example(R"({"from": ["10.1.2.3", "10.1.2.4"]})");
}

trellis::Result<void> ProxyProtocol::configure(const trellis::Config& config) {
  const auto texts = config.texts("from");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (const auto added = from_.add(texts[i]); !added) {
      return trellis::fail("/from/" + std::to_string(i) + ": " + added.error().text);
    }
  }
  return trellis::ok();
}

trellis::Result<void> ProxyProtocol::start() {
  static constexpr std::string_view kHelp = "PROXY headers, by outcome.";
  connections_ = host().table<trellis_host_connection>();
  accepted_ = host().counter("trellis_proxy_headers_total", kHelp, "outcome=\"accepted\"");
  malformed_ = host().counter("trellis_proxy_headers_total", kHelp, "outcome=\"malformed\"");
  untrusted_ = host().counter("trellis_proxy_headers_total", kHelp, "outcome=\"untrusted\"");
  return trellis::ok();
}

std::unique_ptr<trellis::LayerStream> ProxyProtocol::open(trellis::LayerIo io) {
  return std::make_unique<Stream>(*this, io);
}

trellis::Recognised ProxyProtocol::recognise(std::string_view begin) noexcept {
  bool certain = false;
  if (!may_begin(begin, certain)) return trellis::Recognised::no;
  return certain ? trellis::Recognised::yes : trellis::Recognised::more;
}

bool ProxyProtocol::trusted(trellis_connection* connection) const {
  trellis_connection_info info{};
  info.struct_size = sizeof info;
  connections_->info(connection, &info);
  const auto address = trellis::ip_address_of_peer(trellis::text(info.peer));
  return address && from_.contains(*address);
}

}  // namespace transport_proxy_protocol
