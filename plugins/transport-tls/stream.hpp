/// One TLS connection, server side: records on one end, plain bytes on the other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/layer.hpp>

#include "contexts.hpp"
#include "handshake.hpp"

namespace transport_tls {

/// Declared once per plugin instance, counted per shard.
struct Metrics {
  static Metrics declare(const trellis::Host& host);

  trellis::Metric full;  ///< handshakes
  trellis::Metric resumed;
  trellis::Metric failed;
  trellis::Metric revoked;  ///< connections ended because the client's certificate does not hold any more
};

/// Gives the contexts that are current. [any]
class ContextSource {
 public:
  virtual std::shared_ptr<const Contexts> contexts() const = 0;
  /// Grows when they are replaced.
  virtual std::uint32_t version() const noexcept = 0;

 protected:
  ~ContextSource() = default;
};

/// What all connections of the plugin share. Outlives them.
struct Surroundings {
  const trellis::Host& host;
  const ContextSource& source;
  Metrics metrics;
};

class Feed;

class TlsStream final : public trellis::LayerStream {
 public:
  TlsStream(trellis::LayerIo io, const Surroundings& around);
  ~TlsStream() override;

  bool on_input(std::string_view bytes) noexcept override;
  bool on_output(std::string_view bytes) noexcept override;
  void on_shutdown() noexcept override;
  std::string_view fact(std::string_view name) noexcept override;
  /// Every few seconds: whether the client's certificate still holds.
  bool on_look() noexcept override;

 private:
  bool shake_hands();
  bool shaken();
  bool read_plain(const Feed& feed);
  bool fail(const char* what);
  void say_goodbye();
  void give_ticket();
  bool still_trusted();
  std::string_view chain();

  trellis::LayerIo io_;
  const Surroundings& around_;
  ClientFacts facts_;
  Session session_;
  std::int64_t expires_s_ = 0;  ///< of the client's certificate, Unix time; 0: it showed none
  std::uint32_t seen_version_ = 0;
  bool verified_ = false;
  bool lost_ = false;         // the certificate does not hold any more
  bool answered_ = false;     ///< at least once
  bool heard_again_ = false;  ///< since the first answer
  bool owes_ticket_ = false;
  bool closed_ = false;  ///< nothing more is said
};

}  // namespace transport_tls
