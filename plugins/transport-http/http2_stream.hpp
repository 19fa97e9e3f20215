/// One request of an HTTP/2 connection, from its first field to the last byte of its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/http/request.hpp"
#include "exchange.hpp"
#include "held_bytes.hpp"
#include "http2_head.hpp"

namespace transport_http {

struct Http2Stream {
  enum class State {
    head,      ///< its fields arrive
    body,      ///< its body arrives
    ready,     ///< complete, and not yet given to a service
    asked,     ///< a service works, and answers to this address
    answering  ///< its answer leaves
  };

  Http2Stream(std::int32_t number, const trellis::http::Limits& limits) : id(number), head(limits) {}

  std::int32_t id;
  State state = State::head;
  bool head_only = false;  ///< HEAD
  bool gzip = false;       ///< wanted for the answer
  bool complete = false;   ///< the client has sent all of the request
  bool gone = false;       ///< the client gave it up while a service works
  bool streams = false;    ///< pieces of the answer may follow
  Http2Head head;
  trellis::http::Request request;  ///< points into head and body
  std::string body;
  HeldBytes held;  ///< of the body, while it arrives
  std::string answer;
  std::size_t sent = 0;        ///< of the answer
  std::uint64_t deadline = 0;  ///< for the body, or for the client to take more of the answer; 0: none
  std::unique_ptr<KeptExchange> kept;
};

}  // namespace transport_http
