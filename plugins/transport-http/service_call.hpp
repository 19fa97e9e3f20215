/// Requests on their way to services, and answers on their way back, the same in every version of HTTP.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/service.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/request.hpp"
#include "common/http/response_writer.hpp"
#include "exchange.hpp"
#include "http_shard.hpp"

namespace transport_http {

/// Hands a request to the service mounted at its path. The answer may come before this returns.
void dispatch(const HttpShard& shard, trellis_connection* connection, const trellis::http::Request& request,
              OfferedExchange exchange);

/// What a client is answered. Borrows from what it was made of.
class Answer {
 public:
  /// A service's answer. An error without a body gets the one that errors have.
  explicit Answer(const trellis_response& response);
  /// An answer of our own.
  static Answer empty(std::uint32_t status);
  static Answer error(const trellis::http::ParseError& error);

  /// Compresses the body, where that is worth it and the client wants it. Tells caches in either case that there are
  /// two forms. HEAD has to go the same way, for its answer tells the length of GET's.
  void offer_gzip(bool wanted);

  /// Good while this object stays where it is.
  trellis::http::Response response() const noexcept {
    return {.status = status_, .headers = headers_, .body = owned_ ? std::string_view(own_body_) : body_};
  }

 private:
  Answer() = default;
  void become_error(std::string_view message);
  bool may_be_compressed() const;

  std::uint32_t status_ = 200;
  std::vector<trellis::http::Header> headers_;
  std::string_view body_;
  std::string own_body_;
  bool owned_ = false;  // own_body_ replaces body_
};

}  // namespace transport_http
