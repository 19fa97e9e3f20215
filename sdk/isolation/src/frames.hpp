// What the two processes say to each other.
#pragma once

#include <cstdint>

namespace trellis::isolation {

/// Of both kinds of way: the socket, which control threads speak on, and the rings, one pair for each shard.
enum class Frame : std::uint32_t {
  // By the socket, each answered by reply: a number, the status, a text.
  create = 1,  // of what, under what name
  configure,
  start,  // brings the rings
  open,   // a filter or destination, also by a ring
  close,  // of that, not answered there
  drain,  // not answered
  stop,   // what follows is the end
  reply,  // the number that was asked with, and what the question is answered with
  // By the socket, to the broker.
  log = 20,
  declare,
  metrics,
  revoke,
  forget,
  forget_of,
  on_shard,  // a frame of those below, of a thread that is no shard
  // By the rings, to the plugin: answered by reply.
  stage = 40,
  judge,
  authorize,
  admit,
  explain,
  layer_open,
  layer_input,
  layer_output,
  layer_shutdown,
  layer_move,
  layer_recognise,
  layer_fact,
  layer_look,
  // By the rings, to the plugin: not answered, or with a frame of those below.
  layer_close = 60,
  authenticate,
  abandoned,
  deliver,
  check,
  request,
  // By the rings, to the broker.
  answer = 80,
  settle,
  respond,
  extend,
  publish,
};

/// What a layer did within a call.
enum class LayerAction : std::uint32_t { up = 1, down, ready };

/// Which functions the plugin's table has that may be missing, and what else of it is known before anybody asks.
struct TableFacts {
  std::uint32_t flags = 0;
  std::uint32_t optional = 0;  // a bit for each, below
};
enum : std::uint32_t {
  kHasAbandoned = 1u << 0,
  kHasAdmit = 1u << 1,
  kHasExplain = 1u << 2,
  kHasCheck = 1u << 3,
  kHasShutdown = 1u << 4,
  kHasMove = 1u << 5,
  kHasRecognise = 1u << 6,
  kHasFact = 1u << 7,
  kHasLook = 1u << 8,
};

}  // namespace trellis::isolation
