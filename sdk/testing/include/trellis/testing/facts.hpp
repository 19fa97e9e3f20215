// Plain data that tests write and read: messages, log lines, credentials, answers. Everything owns its text.
#pragma once

#include <trellis/abi/handler.h>
#include <trellis/abi/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <trellis/authorizer.hpp>
#include <trellis/host.hpp>
#include <trellis/message.hpp>
#include <trellis/stage.hpp>
#include <utility>
#include <vector>

namespace trellis::testing {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// A message as a test writes it, or as a plugin published it.
struct Sample {
  std::string topic = {};
  std::string payload = {};
  unsigned qos = 0;
  bool retain = false;
  TextPairs user_properties = {};
  std::optional<std::string> content_type = {};
  std::optional<std::string> response_topic = {};
  std::optional<std::string> correlation_data = {};
  std::optional<std::uint32_t> expiry_s = {};
  std::optional<bool> is_text = {};  // payload format indicator, where sent
  std::string publisher = {};
  std::string publisher_identity = {};

  static Sample of(const trellis_publication& publication);
  std::uint32_t flags() const;
};

/// A line a plugin logged.
struct LogLine {
  Level level = Level::info;
  std::string plugin;
  std::string text;
  TextPairs fields;

  std::string field(std::string_view name) const;
};

/// What a client shows an authenticator.
struct Client {
  std::string client_id = {};
  std::optional<std::string> username = {};
  std::optional<std::string> password = {};
  std::optional<std::string> method = {};
  std::string data = {};
  std::vector<std::string> certificates = {};  // DER
  TextPairs user_properties = {};
  std::string protocol = "mqtt5";
  std::string peer = "192.0.2.7:40000";
  std::string listener = "test";
  std::string name_space = "default";
  std::uint32_t flags = 0;  // further ones of TRELLIS_CREDENTIALS_…
};

/// An authenticator's answer.
struct AuthOutcome {
  AuthVerdict verdict = AuthVerdict::unset;
  Status status = Status::unset;
  std::string reason = {};
  std::string name = {};
  std::string data = {};
  TextPairs attributes = {};
  std::int64_t expires_at_ms = 0;
  bool own_attributes = false;
  bool token = false;        // proved by one
  bool one_session = false;  // and no further one

  static AuthOutcome of(const trellis_auth_answer& answer);
};

/// A client that authenticated, as authorizers see it.
struct Authenticated {
  std::string name = {};
  TextPairs attributes = {};  // values are JSON
  bool own_attributes = false;
  std::string client_id = {};  // empty: the name
  std::string name_space = "default";
  std::uint64_t id = 0;  // of the proof; 0: one never used before
};

/// Whether an authorizer lets a client in, and how much it may do.
struct Admission {
  Status status = Status::ok;
  std::string reason = {};
  trellis_client_limits limits{};
};

/// A client that a plugin had cut off.
struct Revoked {
  std::string name_space;
  std::string name;
  bool operator==(const Revoked&) const = default;
};

/// What a stage made of one message.
struct StageOutcome {
  Verdict verdict = Verdict::unset;
  std::optional<Sample> replacement = {};
};

/// An HTTP-like request and its answer.
struct RequestSample {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  std::string body = {};
  TextPairs headers = {};
  std::string mount = "/test";
  std::string peer = "127.0.0.1:40000";
  std::uint32_t name_space = 0;
  std::string host = {};
  std::string tls_version = {};
};
struct ResponseSample {
  std::uint32_t status = 0;  // 0 as long as there is no answer
  std::string body = {};
  TextPairs headers = {};

  std::string header(std::string_view name) const;
};

/// How a handler settled a delivery.
enum class Outcome : std::uint32_t {
  waiting = 0,
  delivered = TRELLIS_DELIVERED,
  retry = TRELLIS_DELIVERY_RETRY,
  refused = TRELLIS_DELIVERY_REFUSED,
  later = TRELLIS_DELIVERY_LATER,
  awaited = TRELLIS_DELIVERY_AWAITED,  // and will be settled again
};

/// How a protocol ended a lease, or what else it said about one.
struct Settled {
  std::string subscriber;
  std::uint64_t lease = 0;
  std::uint32_t outcome = 0;  // TRELLIS_SETTLE_…
};

/// Text of pairs that came across the boundary.
TextPairs copy_pairs(const trellis_pair* pairs, std::size_t count);
/// Views of pairs a test wrote; valid while the pairs are.
std::vector<trellis_pair> view_pairs(const TextPairs& pairs);

}  // namespace trellis::testing
