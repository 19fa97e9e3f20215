/// The part of a kernel that HTTP connections need: one shard, connections whose output is text, and services that
/// answer when the test wants. Time is moved by hand.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/host.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/service.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport_http.hpp"

namespace transport_http::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A request as a service would have seen it, to be answered with FakeClient::answer().
struct Asked {
  std::string method;
  std::string path;
  std::string query;
  std::string body;
  std::string host;
  Fields headers;
  void* request_user = nullptr;
};

class FakeKernel;

/// One connection, seen from the peer.
class FakeClient {
 public:
  explicit FakeClient(FakeKernel& kernel);
  FakeClient(const FakeClient&) = delete;
  FakeClient& operator=(const FakeClient&) = delete;
  ~FakeClient();

  void send(std::string_view text);
  /// What arrived since the last call.
  std::string received() { return std::exchange(output, {}); }
  void answer(std::size_t request, std::uint32_t status, std::string_view body,
              std::string_view content_type = "text/plain");
  void answer(std::size_t request, std::uint32_t status, std::string_view body, const Fields& fields);
  void drain();
  void* user() const { return user_; }

  FakeKernel& kernel;
  std::vector<Asked> asked;
  std::string output;
  bool reads = true;  // else what is written stays unsent until received()
  bool closed = false;
  bool upgrades = false;  // the listener serves a protocol that takes what is handed on
  std::string handed_on;
  bool paused = false;
  std::optional<std::uint64_t> timer_at;

 private:
  void* user_ = nullptr;
};

/// Loads the plugin with settings and makes one shard of it.
class FakeKernel {
 public:
  explicit FakeKernel(std::string_view settings = "{}");
  FakeKernel(const FakeKernel&) = delete;
  FakeKernel& operator=(const FakeKernel&) = delete;
  ~FakeKernel();

  /// Moves the clock; timers that become due fire.
  void advance(std::uint64_t milliseconds);

  /// When set, services answer inside dispatch() with what this makes.
  std::function<std::string(const Asked&)> answer_at_once;
  /// Called within dispatch() with what a service would see.
  std::function<void(const trellis_request&)> on_dispatch;
  /// Whose clients were asked about, by user name. Everybody is let in, at once or with answer_question().
  std::vector<std::string> questions;
  bool answers_later = false;
  bool asked_again = false;  // the last one only as who was there before
  /// name: empty denies.
  void answer_question(FakeClient& client, std::string_view name) const;
  const trellis_protocol& protocol() const { return plugin_.protocol(); }
  void* shard() const { return shard_; }
  std::uint64_t now_ms = 0;
  std::vector<FakeClient*> clients;

 private:
  TransportHttp plugin_;
  void* shard_ = nullptr;
};

}  // namespace transport_http::testing
