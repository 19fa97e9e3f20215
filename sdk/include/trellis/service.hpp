// Services: they answer requests, whichever protocol carried them.
#pragma once

#include <trellis/abi/service.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>
#include <utility>
#include <vector>

namespace trellis {

/// A request; dies when on_request() returns.
class Request {
 public:
  Request(const trellis_request* request, const Shard& shard) noexcept : request_(request), shard_(&shard) {}

  std::string_view method() const noexcept { return text(request_->method); }
  /// Below the mount point, percent-decoded, begins with '/'.
  std::string_view path() const noexcept { return text(request_->path); }
  /// After '?', as sent.
  std::string_view query() const noexcept { return text(request_->query); }
  Pairs headers() const noexcept { return {request_->headers, request_->header_count}; }
  /// By its name in lower case; empty where it is absent.
  std::string_view header(std::string_view name) const noexcept { return headers().find(name); }
  std::string_view body() const noexcept { return text(request_->body); }
  std::string_view mount() const noexcept { return text(request_->mount); }
  std::string_view peer() const noexcept { return text(request_->peer); }
  std::uint32_t name_space() const noexcept { return request_->name_space; }
  /// The name the client asked, without a port; empty where it told none.
  std::string_view host() const noexcept { return text(request_->host); }
  /// "TLSv1.3"; empty where nobody encrypts, or a kernel before this does not tell.
  std::string_view tls_version() const noexcept {
    constexpr std::size_t kCovered = offsetof(trellis_request, tls_version) + sizeof(trellis_view);
    return request_->struct_size < kCovered ? std::string_view() : text(request_->tls_version);
  }
  const Shard& shard() const noexcept { return *shard_; }
  /// For Exchange; null where the protocol, or a kernel before this, can do nothing but answer.
  const trellis_request* raw() const noexcept { return request_; }

 private:
  const trellis_request* request_;
  const Shard* shard_;
};

/// What to answer; borrowed until send() returned.
struct Response {
  std::uint32_t status = 200;
  std::string_view body = {};
  std::string_view content_type = "text/plain; charset=utf-8";
  std::vector<Pair> headers = {};  // further ones, names in lower case
};

/// The one answer to one request: now, or later from any thread. Move-only. Let go without an answer, it says 500.
class Reply {
 public:
  Reply(const Host& host, const trellis_host_service* table, trellis_token token) noexcept
      : host_(host.handle()), table_(table), token_(token) {}
  Reply(Reply&& other) noexcept : host_(other.host_), table_(other.table_), token_(std::exchange(other.token_, 0)) {}
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      let_go();
      host_ = other.host_;
      table_ = other.table_;
      token_ = std::exchange(other.token_, 0);
    }
    return *this;
  }
  ~Reply() { let_go(); }

  /// False where nobody waits for it any more. Elsewhere than on the shard that was asked, always true.
  bool send(const Response& response) {
    const trellis_token token = std::exchange(token_, 0);
    if (token == 0 || table_ == nullptr) return false;
    std::vector<trellis_pair> headers;
    headers.reserve(response.headers.size() + 1);
    if (!response.content_type.empty()) headers.push_back({view("content-type"), view(response.content_type)});
    for (const Pair& header : response.headers) headers.push_back({view(header.name), view(header.value)});
    const trellis_response answer{sizeof(trellis_response), response.status, headers.data(),
                                  static_cast<std::uint32_t>(headers.size()), view(response.body)};
    return table_->respond(host_, token, &answer);
  }
  void text(std::string_view body, std::uint32_t status = 200) { send({.status = status, .body = body}); }
  void json(std::string_view body, std::uint32_t status = 200) {
    send({.status = status, .body = body, .content_type = "application/json"});
  }
  bool sent() const noexcept { return token_ == 0; }
  /// It is waited for that long from now on, in place of 30 s since the request came. False where nobody waits any
  /// more: the client has gone, and needs no answer. On the shard that was asked.
  bool extend(std::chrono::milliseconds time) {
    const bool waited_for =
        token_ != 0 && table_ != nullptr && table_->extend(host_, token_, static_cast<std::uint64_t>(time.count()));
    if (!waited_for) token_ = 0;
    return waited_for;
  }

 private:
  void let_go() noexcept {
    if (sent()) return;
    try {
      text("The service gave no answer.\n", 500);
    } catch (const std::exception&) {
      // Out of memory for the headers. The kernel's deadline answers 503.
    }
  }

  trellis_host* host_;
  const trellis_host_service* table_;
  trellis_token token_;
};

/// Who keeps a request beyond its call. [shard]
class ExchangeUser {
 public:
  /// What became of authenticate(). connection: with its identity until this returns; null where it was denied.
  /// occupied: it was, because the connection is that of another client's stream.
  virtual void on_authenticated(trellis_connection* connection, const trellis_auth_answer& answer, bool occupied) = 0;
  /// The broker stops: a stream is to end soon.
  virtual void on_drain() {}
  /// The client has gone, or the kernel answered in our place; the exchange is empty.
  virtual void on_over() = 0;

 protected:
  ~ExchangeUser() = default;
};

/// A request beyond its call: who its client is, whether it is still there, and an answer piece by piece. Belongs to
/// one shard. Destroyed it ends a stream, and otherwise leaves the request to its Reply.
class Exchange {
 public:
  explicit Exchange(ExchangeUser& user) noexcept : user_(&user) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { streams_ ? end() : release(); }

  /// Within on_request(). False where the protocol cannot.
  bool keep(const Request& request) noexcept {
    constexpr std::size_t kCovered = offsetof(trellis_request, exchange) + sizeof(trellis_exchange*);
    const trellis_request* const raw = request.raw();
    table_ = raw->struct_size < kCovered ? nullptr : raw->exchanges;
    if (table_ != nullptr) exchange_ = table_->keep(raw->exchange, &users(), this);
    return exchange_ != nullptr;
  }
  explicit operator bool() const noexcept { return exchange_ != nullptr; }
  /// user().on_authenticated() is called with the answer, perhaps before this returns.
  void authenticate(const trellis_credentials& credentials) const noexcept {
    if (exchange_ != nullptr) table_->authenticate(exchange_, &credentials);
  }
  /// Begins a stream: what the reply says is its head and its first piece. False where nobody waits for it any more.
  bool stream(Reply& reply, const Response& response) {
    if (exchange_ == nullptr) return false;
    table_->stream(exchange_);
    streams_ = reply.send(response) && exchange_ != nullptr;
    return streams_;
  }
  void write(std::string_view piece) const noexcept {
    if (exchange_ != nullptr) table_->write(exchange_, view(piece));
  }
  std::size_t unsent() const noexcept { return exchange_ == nullptr ? 0 : table_->unsent(exchange_); }
  void end() noexcept {
    if (exchange_ != nullptr) table_->end(std::exchange(exchange_, nullptr));
  }
  /// Before the one answer is given.
  void release() noexcept {
    if (exchange_ != nullptr) table_->release(std::exchange(exchange_, nullptr));
  }

 private:
  // What is thrown stops here: the request then waits for its Reply, or the kernel's deadline.
  template <class Function>
  static void quietly(Function function) noexcept {
    try {
      function();
    } catch (const std::exception&) {
    }
  }
  static const trellis_exchange_user& users() noexcept {
    static constexpr trellis_exchange_user table{
        sizeof(trellis_exchange_user), 0,
        [](void* user, trellis_connection* connection, const trellis_auth_answer* answer, std::uint32_t flags) {
          const bool occupied = (flags & TRELLIS_EXCHANGE_OCCUPIED) != 0;
          quietly([&] { static_cast<Exchange*>(user)->user_->on_authenticated(connection, *answer, occupied); });
        },
        [](void* user) { quietly([&] { static_cast<Exchange*>(user)->user_->on_drain(); }); },
        [](void* user) {
          auto& mine = *static_cast<Exchange*>(user);
          mine.exchange_ = nullptr;
          quietly([&] { mine.user_->on_over(); });
        }};
    return table;
  }

  ExchangeUser* user_;
  const trellis_exchanges* table_ = nullptr;
  trellis_exchange* exchange_ = nullptr;
  bool streams_ = false;
};

class Service : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_SERVICE;

  /// Answers a request through the reply. Must not block; what it throws becomes a 500. Called on several shards at
  /// once. [shard]
  virtual void on_request(const Request& request, Reply reply) = 0;

  const void* table(std::string_view id) override {
    static constexpr trellis_service kTable{sizeof(trellis_service), &request_glue};
    if (id != kTableId<trellis_service>) return nullptr;
    host_service_ = host().table<trellis_host_service>();
    return &kTable;
  }

 private:
  static void request_glue(void* shard, const trellis_request* request, trellis_token token) noexcept {
    auto& mine = glue::kind<Service>(shard);
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      mine.on_request(Request(request, glue::shard(shard)), Reply(mine.host(), mine.host_service_, token));
      return ok();
    });
    if (status == TRELLIS_OK) return;
    mine.host().log(Level::error, "the service threw",
                    {{"error", std::string_view(error.text, error.size)}, {"path", text(request->path)}});
  }

  const trellis_host_service* host_service_ = nullptr;
};

}  // namespace trellis
