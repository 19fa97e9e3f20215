/// Sends HTTP requests over connections that the kernel dials, and keeps those for the next ones.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "url.hpp"

namespace trellis::http {

class ClientPool;

/// How much of everything, at least 1 of each. One client has one set of limits for all its hosts.
struct ClientSettings {
  std::size_t connections_per_host = 8;      ///< to one scheme, host, port and layer; those being dialled count
  std::size_t dialling_per_host = SIZE_MAX;  ///< of those, being dialled at a time
  /// A host begins with one connection, and may have one more for each answer; one that does not answer begins anew. So
  /// many that never answer leave the connections to those that do.
  bool earned_connections = false;
  std::size_t connections = 64;                  ///< to all of them; an idle one of another host makes room
  std::size_t waiting = 1024;                    ///< requests that wait for a connection; further ones are refused
  std::size_t waiting_per_host = SIZE_MAX;       ///< of those, to one scheme, host, port and layer
  std::size_t waiting_bytes = 16 * 1024 * 1024;  ///< and the bytes of their bodies
  bool http2 = true;                             ///< is spoken where a server of https picks it, else HTTP/1.1
  std::size_t streams = 100;                     ///< of HTTP/2, on one connection, where the server allows them
  std::size_t stream_bytes = 1024 * 1024;        ///< of their bodies, beyond which a connection takes no further one
  std::size_t head_bytes = 32 * 1024;            ///< of a response's head
  std::chrono::milliseconds connect_timeout{10'000};  ///< name look-up and TLS included, within the deadline
  std::chrono::milliseconds idle_timeout{
      30'000};                         ///< of a kept connection; less where the server says so; 0: none is kept
  std::string user_agent = "trellis";  ///< unless a request has its own; empty: none
};

/// What the owner counts; a default one counts nothing.
struct ClientMetrics {
  Metric requests;     ///< sent or refused
  Metric failures;     ///< ended without a response
  Metric refused;      ///< because too many wait
  Metric repeated;     ///< sent again on a fresh connection
  Metric dialled;      ///< connections tried
  Metric connections;  ///< open or being dialled now
  Metric http1;        ///< of these, open ones of HTTP/1.1
  Metric http2;        ///< and of HTTP/2
  Metric streams;      ///< requests under way on those
  Metric waiting;      ///< requests that wait for a connection now

  /// trellis_http_client_…, with labels as Prometheus text: handler="webhook". [control]
  static ClientMetrics declare(const Host& host, std::string_view labels);
};

using ClientHeaders = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  Url url = {};
  ClientHeaders headers = {};  ///< Host, Content-Length and what tells of the connection are the client's own
  std::string body = {};
  /// Until the response is complete: waiting for a connection, dialling, sending and all redirects included.
  std::chrono::milliseconds deadline{30'000};
  std::size_t max_response_bytes = 1024 * 1024;  ///< of the body, also when it is decompressed
  std::string layer = {};                        ///< the instance that encrypts; empty: the configuration's
  std::uint32_t follow_redirects = 0;            ///< how many at most; 0: a redirect is a response like any other
  bool (*may_follow)(const Url&) = nullptr;      ///< whether a redirect may lead there; null: anywhere
  /// Once the head of the answer is whole only the status matters. An answer whose body does not become whole, because
  /// it is too long, broken, cut or late, comes without one, and its connection ends.
  bool status_is_enough = false;
  /// It does no harm twice. GET, HEAD, OPTIONS, PUT, DELETE and TRACE are that by themselves.
  bool repeatable = false;
};

struct ClientResponse {
  std::uint32_t status = 0;
  std::string reason;     ///< what the server calls the status; for people
  ClientHeaders headers;  ///< names in lower case
  std::string body;       ///< without the coding gzip or deflate
  Url url;                ///< what answered, after redirects

  /// The first of that (lower case) name; empty where it is absent.
  std::string_view header(std::string_view name) const noexcept;
};

/// Why there is no response.
enum class Failure {
  request = 1,  ///< it cannot be sent: what is wrong is said
  full,         ///< too many wait, the configuration's outbound connections are open, or the server takes no more
  name,         ///< the name has no address, or the name servers do not answer
  forbidden,    ///< the configuration's rules do not allow the address
  connect,      ///< nobody answers there
  layer,        ///< a layer gave up: no tunnel, or a certificate that does not prove the name
  settings,     ///< the configuration cannot work
  timeout,      ///< the deadline is over
  closed,       ///< the connection ended before the response did
  malformed,    ///< what came is no HTTP response
  too_large,    ///< the response passes a limit
  redirect,     ///< too many of them, or one that must not be followed
  stopped       ///< the plugin or the broker stops
};

struct ClientError {
  Failure failure = Failure::closed;
  std::string text;   ///< "POST https://api.example.com: …"; never path, query, headers or bodies
  bool sent = false;  ///< the server may have seen the request, or some of it
};

/// A response, or why there is none.
class ClientResult {
 public:
  ClientResult(ClientResponse response) : state_(std::move(response)) {}
  ClientResult(ClientError error) : state_(std::move(error)) {}
  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  /// Only where has_value().
  ClientResponse& operator*() { return std::get<0>(state_); }
  ClientResponse* operator->() { return &std::get<0>(state_); }
  /// Only where !has_value().
  const ClientError& error() const { return std::get<1>(state_); }

 private:
  std::variant<ClientResponse, ClientError> state_;
};

using ClientCallback = std::function<void(ClientResult)>;

/// A client of one shard; all calls and callbacks are on it. Owned by the plugin's shard state, or shorter.
///
/// Requests to one host share a few connections. One of HTTP/1.1 carries one request at a time (no pipelining), one of
/// HTTP/2 as many as the server and the settings allow; which it is the server picks by ALPN, under https only. As long
/// as a host may pick HTTP/2, one connection to it is dialled at a time. A connection is kept when the response allows
/// it, until the idle timeout. Requests that find no room wait, in order per host and in turns between hosts. Where the
/// connections are all taken, a host that could not be reached within the last minute takes none away from others that
/// are kept.
///
/// A request is sent twice in two cases only. A kept connection ended before a byte of the response, which happens when
/// the server gave it up at the same moment: then it goes once more over a fresh one, if its method is idempotent or it
/// is `repeatable`; otherwise it fails as `closed`, with `sent`. Or a server of HTTP/2 said that it did not begin with
/// it: then it goes a few times more, whatever its method, and fails as `full` in the end.
///
/// In HTTP/2 a request that is given up leaves its connection to the others. Where nothing at all came since it was
/// sent, the server is asked whether it is there, and the connection ends unless something comes soon.
///
/// Redirects, where asked for: 303 becomes GET, and so do POST under 301 and 302; 307 and 308 keep method and body.
/// Never from https to http, nor to where `may_follow` says no. Authorization, Cookie and Proxy-Authorization stay with
/// the origin they were meant for.
///
/// The callback is called exactly once, never from within send(), unless cancel() or the destructor came first; those
/// call nothing. It may send, cancel and destroy the client; it must not throw.
class Client {
 public:
  explicit Client(const Shard& shard, ClientSettings settings = {}, const ClientMetrics& metrics = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Answers the request's number, never 0. [shard]
  std::uint64_t send(ClientRequest request, ClientCallback callback);
  /// True when the callback had not been called and now never will be. The server may have seen the request. [shard]
  bool cancel(std::uint64_t number);

 private:
  std::shared_ptr<ClientPool> pool_;
};

}  // namespace trellis::http
