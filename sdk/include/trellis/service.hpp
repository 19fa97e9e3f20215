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
