// Isolated layers: each call waits for its answer, because only within it the stack knows which layer speaks.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/isolation/wire.hpp>
#include <trellis/runtime/views.hpp>

#include "remote_shard.hpp"
#include "remote_tables.hpp"

namespace trellis::isolation {
namespace {

using runtime::view_of;

RemoteShard& of(void* shard) noexcept { return *static_cast<RemoteShard*>(shard); }

struct Stream {
  std::uint64_t id;
  RemoteShard* shard;
  std::shared_ptr<Process> process;  // that has the other half
  trellis_connection* connection;
  const trellis_layer_io* io;
  std::string fact;
};
Stream& stream_of(void* user) noexcept { return *static_cast<Stream*>(user); }
bool lives(const Stream& stream) noexcept {
  return stream.process == stream.shard->process() && stream.process != nullptr && !stream.process->dead();
}

// Does what the layer did, in its order. Nothing for an answer that is none.
std::optional<bool> take_actions(Stream& stream, const std::string& reply) {
  Decoder body(reply);
  const auto result = body.number<bool>();
  for (std::size_t left = body.count(2 * sizeof(std::uint32_t)); left > 0; --left) {
    const auto action = static_cast<LayerAction>(body.number<std::uint32_t>());
    const std::string_view bytes = body.text();
    if (body.failed()) return std::nullopt;
    if (action == LayerAction::up) stream.io->up(stream.connection, bytes.data(), bytes.size());
    if (action == LayerAction::down) stream.io->down(stream.connection, bytes.data(), bytes.size());
    if (action == LayerAction::ready) stream.io->ready(stream.connection);
  }
  return body.done() ? std::optional(result) : std::nullopt;
}

bool ask_layer(Stream& stream, Frame type) {
  const auto reply = lives(stream) ? stream.shard->call(type) : std::nullopt;
  const auto result = reply ? take_actions(stream, *reply) : std::nullopt;
  if (result) return *result;
  stream.shard->count_fallbacks(1);
  // Bytes may be lost, so that nothing which follows would be understood.
  stream.process = nullptr;
  return false;
}

void* layer_open(void* state, trellis_connection* connection, const trellis_layer_io* io) {
  RemoteShard& shard = of(state);
  auto stream = std::make_unique<Stream>(Stream{shard.next_stream(), &shard, shard.process(), connection, io, {}});
  shard.begin()(stream->id);
  return ask_layer(*stream, Frame::layer_open) ? stream.release() : nullptr;
}

bool layer_bytes(void* user, Frame type, const void* data, std::size_t size) {
  constexpr std::size_t kPiece = 256 * 1024;
  Stream& stream = stream_of(user);
  std::string_view bytes(static_cast<const char*>(data), size);
  do {
    Encoder& out = stream.shard->begin();
    out(stream.id);
    out(bytes.substr(0, kPiece));
    if (!ask_layer(stream, type)) return false;
    bytes.remove_prefix(std::min(kPiece, bytes.size()));
  } while (!bytes.empty());
  return true;
}
bool layer_input(void*, void* user, const void* data, std::size_t size) {
  return layer_bytes(user, Frame::layer_input, data, size);
}
bool layer_output(void*, void* user, const void* data, std::size_t size) {
  return layer_bytes(user, Frame::layer_output, data, size);
}

void layer_shutdown(void*, void* user) {
  Stream& stream = stream_of(user);
  if (!lives(stream)) return;
  stream.shard->begin()(stream.id);
  ask_layer(stream, Frame::layer_shutdown);
}

void layer_close(void*, void* user) {
  const std::unique_ptr<Stream> stream(&stream_of(user));
  if (!lives(*stream)) return;
  stream->shard->begin()(stream->id);
  stream->shard->tell(Frame::layer_close);
}

void layer_move(void* state, void* user, trellis_connection* connection) {
  Stream& stream = stream_of(user);
  stream.shard = &of(state);
  stream.connection = connection;
  stream.shard->begin()(stream.id);
  ask_layer(stream, Frame::layer_move);
}

std::uint32_t layer_recognise(void* state, const std::uint8_t* data, std::size_t size) {
  RemoteShard& shard = of(state);
  shard.begin()(std::string_view(reinterpret_cast<const char*>(data), size));
  if (const auto reply = shard.call(Frame::layer_recognise)) {
    Decoder body(*reply);
    const auto recognised = body.number<std::uint32_t>();
    if (body.done()) return recognised;
  }
  shard.count_fallbacks(1);
  return TRELLIS_RECOGNISED_NO;
}

trellis_view layer_fact(void*, void* user, trellis_view name) {
  Stream& stream = stream_of(user);
  stream.fact.clear();
  if (!lives(stream)) return {nullptr, 0};
  Encoder& out = stream.shard->begin();
  out(stream.id);
  out(name);
  if (const auto reply = stream.shard->call(Frame::layer_fact)) stream.fact = Decoder(*reply).text();
  return view_of(stream.fact);
}

bool layer_look(void*, void* user) {
  Stream& stream = stream_of(user);
  if (!lives(stream)) return false;
  stream.shard->begin()(stream.id);
  return ask_layer(stream, Frame::layer_look);
}

}  // namespace

const trellis_layer& remote_layer() noexcept {
  static constexpr trellis_layer kTable{
      sizeof(trellis_layer), 0,           &layer_open,      &layer_input, &layer_output, &layer_shutdown,
      &layer_close,          &layer_move, &layer_recognise, &layer_fact,  &layer_look};
  return kTable;
}

}  // namespace trellis::isolation
