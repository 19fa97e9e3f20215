// Layers: bytes <-> bytes between the socket and the protocol, for example encryption or framing.
#pragma once

#include <trellis/abi/connection.h>

#include <exception>
#include <memory>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>

namespace trellis {

/// The two ends of a layer on one connection. Copies mean the same, also after the connection moved to another shard;
/// valid until the layer's stream is destroyed.
class LayerIo {
 public:
  struct Ends {
    const Shard* shard;
    trellis_connection* connection;
    const trellis_layer_io* io;
  };
  explicit LayerIo(const Ends& ends) noexcept : ends_(&ends) {}

  /// Hands plain bytes up, towards the protocol.
  void up(std::string_view bytes) const noexcept { ends_->io->up(ends_->connection, bytes.data(), bytes.size()); }
  /// Hands encoded bytes down, towards the socket.
  void down(std::string_view bytes) const noexcept { ends_->io->down(ends_->connection, bytes.data(), bytes.size()); }
  /// On a dialled connection: this layer has agreed with its peer and takes output from now on.
  void ready() const noexcept { ends_->io->ready(ends_->connection); }
  trellis_connection* connection() const noexcept { return ends_->connection; }
  const Shard& shard() const noexcept { return *ends_->shard; }

 private:
  const Ends* ends_;
};

/// What a layer does on one connection. Destroyed with the connection. All on the connection's shard.
class LayerStream {
 public:
  virtual ~LayerStream() = default;
  /// Bytes from the socket side, all of them consumed: keep what is incomplete. False gives the connection up.
  virtual bool on_input(std::string_view bytes) noexcept = 0;
  /// Bytes from the protocol side.
  virtual bool on_output(std::string_view bytes) noexcept = 0;
  /// The connection closes in order: a last chance to send a farewell.
  virtual void on_shutdown() noexcept {}
  /// What the layer knows about the connection: TRELLIS_FACT_… or a name of its own; empty: nothing. The answer lives
  /// until the next call.
  virtual std::string_view fact(std::string_view) noexcept { return {}; }
  /// Asked every two seconds or so: whether the connection may go on.
  virtual bool on_look() noexcept { return true; }
};

/// Whether bytes may be the beginning of what a layer or protocol speaks.
enum class Recognised : std::uint32_t {
  no = TRELLIS_RECOGNISED_NO,
  yes = TRELLIS_RECOGNISED_YES,
  more = TRELLIS_RECOGNISED_MORE,  ///< cannot be told yet
};

class Layer : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_LAYER;

  /// A connection arrived; null refuses it. Called on several shards at once. [shard]
  virtual std::unique_ptr<LayerStream> open(LayerIo io) = 0;
  /// Whether a connection that begins with these bytes has this layer, where a listener serves others too. [shard]
  virtual Recognised recognise(std::string_view) noexcept { return Recognised::yes; }
  /// Whether what passes below is encrypted.
  virtual bool secure() const noexcept { return false; }
  /// Whether it can play the client, on connections with TRELLIS_CONNECTION_DIALLED. It begins when it is opened, calls
  /// LayerIo::ready() when it has agreed with its peer, and gets no output before.
  virtual bool dials() const noexcept { return false; }
  /// Whether it can serve clients, as it is configured.
  virtual bool serves() const noexcept { return true; }

  const void* table(std::string_view id) override { return id == kTableId<trellis_layer> ? &table_ : nullptr; }
  void configured() noexcept override {
    table_.flags = 0;
    if (secure()) table_.flags |= TRELLIS_LAYER_SECURE;
    if (dials()) table_.flags |= TRELLIS_LAYER_DIALS;
    if (!serves()) table_.flags |= TRELLIS_LAYER_DIALS_ONLY;
  }

 private:
  struct Opened {
    LayerIo::Ends ends;
    std::unique_ptr<LayerStream> stream;
  };
  static LayerStream& stream(void* user) noexcept { return *static_cast<Opened*>(user)->stream; }
  static std::string_view piece(const void* data, std::size_t size) noexcept {
    return {static_cast<const char*>(data), size};
  }

  static void* open_glue(void* shard, trellis_connection* connection, const trellis_layer_io* io) noexcept {
    auto& mine = glue::kind<Layer>(shard);
    try {
      auto opened = std::make_unique<Opened>(Opened{{&glue::shard(shard), connection, io}, nullptr});
      opened->stream = mine.open(LayerIo(opened->ends));
      return opened->stream == nullptr ? nullptr : opened.release();
    } catch (const std::exception& exception) {
      mine.host().log(Level::error, "the layer threw and refuses the connection", {{"error", exception.what()}});
    } catch (...) {
      mine.host().log(Level::error, "the layer threw and refuses the connection");
    }
    return nullptr;
  }
  static bool input_glue(void*, void* user, const void* data, std::size_t size) noexcept {
    return stream(user).on_input(piece(data, size));
  }
  static bool output_glue(void*, void* user, const void* data, std::size_t size) noexcept {
    return stream(user).on_output(piece(data, size));
  }
  static void shutdown_glue(void*, void* user) noexcept { stream(user).on_shutdown(); }
  static void close_glue(void*, void* user) noexcept { delete static_cast<Opened*>(user); }
  static void move_glue(void* shard, void* user, trellis_connection* connection) noexcept {
    LayerIo::Ends& ends = static_cast<Opened*>(user)->ends;
    ends.shard = &glue::shard(shard);
    ends.connection = connection;
  }

  static std::uint32_t recognise_glue(void* shard, const std::uint8_t* data, std::size_t size) noexcept {
    return static_cast<std::uint32_t>(glue::kind<Layer>(shard).recognise(piece(data, size)));
  }

  static trellis_view fact_glue(void*, void* user, trellis_view name) noexcept {
    return view(stream(user).fact(text(name)));
  }

  static bool look_glue(void*, void* user) noexcept { return stream(user).on_look(); }

  trellis_layer table_{sizeof(trellis_layer), 0,          &open_glue,      &input_glue, &output_glue, &shutdown_glue,
                       &close_glue,           &move_glue, &recognise_glue, &fact_glue,  &look_glue};
};

}  // namespace trellis
