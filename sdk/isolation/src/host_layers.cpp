#include "host_layers.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string_view>

namespace trellis::isolation {
namespace {

/// What the plugin takes for a connection.
struct HostStream {
  void* user = nullptr;
  std::uint32_t count = 0;  // what the layer did within the call, in order
  Encoder actions;
};

HostStream& of(trellis_connection* connection) noexcept { return *reinterpret_cast<HostStream*>(connection); }

void act(trellis_connection* connection, LayerAction action, const void* data, std::size_t size) {
  HostStream& stream = of(connection);
  ++stream.count;
  stream.actions(static_cast<std::uint32_t>(action));
  stream.actions(std::string_view(static_cast<const char*>(data), size));
}

constexpr trellis_layer_io kIo{sizeof(trellis_layer_io),
                               [](trellis_connection* connection, const void* data, std::size_t size) {
                                 act(connection, LayerAction::up, data, size);
                               },
                               [](trellis_connection* connection, const void* data, std::size_t size) {
                                 act(connection, LayerAction::down, data, size);
                               },
                               [](trellis_connection* connection) { act(connection, LayerAction::ready, nullptr, 0); }};

/// Connections move between shards, so the streams are all shards'.
class Streams {
 public:
  HostStream* find(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
  }
  HostStream& add(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return *(streams_[id] = std::make_unique<HostStream>());
  }
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    streams_.erase(id);
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<HostStream>> streams_;
};

Streams& streams() {
  static Streams all;
  return all;
}

bool bytes_of(const trellis_layer& table, void* shard, Frame type, HostStream& stream, std::string_view bytes) {
  const auto function = type == Frame::layer_input ? table.on_input : table.on_output;
  return function(shard, stream.user, bytes.data(), bytes.size());
}

bool serve(const trellis_layer& table, void* shard, Frame type, HostStream& stream, Decoder& body) {
  auto* const connection = reinterpret_cast<trellis_connection*>(&stream);
  switch (type) {
    case Frame::layer_open:
      stream.user = table.on_open(shard, connection, &kIo);
      return stream.user != nullptr;
    case Frame::layer_input:
    case Frame::layer_output:
      return bytes_of(table, shard, type, stream, body.text());
    case Frame::layer_look:
      return table.on_look == nullptr || table.on_look(shard, stream.user);
    case Frame::layer_shutdown:
      if (table.on_shutdown != nullptr) table.on_shutdown(shard, stream.user);
      return true;
    case Frame::layer_move:
      if (table.on_move != nullptr) table.on_move(shard, stream.user, connection);
      return true;
    default:
      return false;
  }
}

void serve_fact(const trellis_layer& table, void* shard, const HostStream* stream, Decoder& body, Encoder& out) {
  trellis_view name{};
  body(name);
  out(stream == nullptr ? trellis_view{nullptr, 0} : table.fact(shard, stream->user, name));
}

}  // namespace

bool serve_layer(const trellis_layer& table, void* shard, Frame type, Decoder& body, Encoder& out) {
  if (type == Frame::layer_recognise) {
    const std::string_view bytes = body.text();
    out(table.recognise(shard, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    return true;
  }
  const auto id = body.number<std::uint64_t>();
  HostStream* stream = type == Frame::layer_open ? &streams().add(id) : streams().find(id);
  if (type == Frame::layer_fact) {
    serve_fact(table, shard, stream, body, out);
    return true;
  }
  if (type == Frame::layer_close) {
    if (stream != nullptr) table.on_close(shard, stream->user);
    streams().remove(id);
    return false;
  }
  const bool result = stream != nullptr && serve(table, shard, type, *stream, body);
  out(result);
  out(stream == nullptr ? 0 : stream->count);
  if (stream != nullptr) {
    out.append(stream->actions);
    stream->count = 0;
    stream->actions.clear();
  }
  if (type == Frame::layer_open && !result) streams().remove(id);
  return true;
}

}  // namespace trellis::isolation
