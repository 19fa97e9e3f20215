// Authenticators: they judge who a client is.
#pragma once

#include <trellis/abi/identity.h>

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>
#include <utility>
#include <vector>

namespace trellis {

enum class AuthVerdict : std::uint32_t {
  unset = TRELLIS_AUTH_UNSET,
  allow = TRELLIS_AUTH_ALLOW,
  deny = TRELLIS_AUTH_DENY,
  defer = TRELLIS_AUTH_DEFER,
  challenge = TRELLIS_AUTH_CHALLENGE,
  pending = TRELLIS_AUTH_PENDING,
};

/// What a client showed. Dies when authenticate() returns; copy what is needed later.
struct AuthRequest {
  explicit AuthRequest(const trellis_credentials& from, const Shard& on) noexcept
      : name_space(text(from.name_space)),
        listener(text(from.listener)),
        protocol(text(from.protocol)),
        peer(text(from.peer)),
        client_id(text(from.client_id)),
        username(text(from.username)),
        password(text(from.password)),
        method(text(from.authentication_method)),
        data(text(from.authentication_data)),
        certificates(from.certificates, from.certificate_count),
        user_properties(from.user_properties, from.user_property_count),
        shard(on),
        flags(from.flags) {}

  bool has_username() const noexcept { return has(TRELLIS_CREDENTIALS_HAS_USERNAME); }
  bool has_password() const noexcept { return has(TRELLIS_CREDENTIALS_HAS_PASSWORD); }
  /// The client asked for a step by step exchange, the `method`.
  bool has_method() const noexcept { return has(TRELLIS_CREDENTIALS_HAS_METHOD); }
  /// A further step of an exchange this plugin challenged.
  bool continues() const noexcept { return has(TRELLIS_CREDENTIALS_CONTINUES); }
  /// An allowed client proves itself again.
  bool reauthenticates() const noexcept { return has(TRELLIS_CREDENTIALS_REAUTHENTICATES); }
  bool certificate_verified() const noexcept { return has(TRELLIS_CREDENTIALS_CERTIFICATE_VERIFIED); }
  /// The peer is on this machine.
  bool loopback() const noexcept { return has(TRELLIS_CREDENTIALS_LOOPBACK); }
  bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }

  std::string_view name_space;
  std::string_view listener;
  std::string_view protocol;
  std::string_view peer;
  std::string_view client_id;
  std::string_view username;
  std::string_view password;                   // bytes
  std::string_view method;                     // for example "SCRAM-SHA-256"
  std::string_view data;                       // bytes of this step
  std::span<const trellis_view> certificates;  // DER, leaf first
  Pairs user_properties;
  const Shard& shard;
  std::uint32_t flags;
};

/// What an allowed client is; all texts are copied before allow() returns.
struct Grant {
  std::string_view name = {};              // authenticated name; empty means anonymous
  std::string_view data = {};              // bytes for the client, the end of an exchange
  std::vector<Pair> attributes = {};       // what authorizers may look at; values are JSON
  std::chrono::milliseconds expires = {};  // Unix time at which the right to be connected ends; 0 is never
  bool own_attributes = false;             // those are all, even where there are none; else a registered client's count
  bool token = false;                      // proved by a token: where it expires, the client is told so
  bool one_session = false;                // no session beside another one of its name

  std::uint32_t flags() const noexcept {
    return (own_attributes ? std::uint32_t{TRELLIS_IDENTITY_OWN_ATTRIBUTES} : 0) |
           (token ? std::uint32_t{TRELLIS_IDENTITY_TOKEN} : 0) |
           (one_session ? std::uint32_t{TRELLIS_IDENTITY_ONE_SESSION} : 0);
  }
};

/// The one answer to one request: now, or later from any thread. Move-only. Let go without an answer, it denies;
/// a second answer is ignored.
class AuthReply {
 public:
  /// The answer slot of a call in progress on this thread. An answer given inside the call is written there.
  struct Call {
    trellis_token token;
    trellis_auth_answer* answer;
    Call* outer;
    bool answered = false;
  };

  AuthReply(const Host& host, const trellis_host_identity* table, trellis_token token) noexcept
      : host_(host.handle()), table_(table), token_(token) {}
  AuthReply(AuthReply&& other) noexcept
      : host_(other.host_), table_(other.table_), token_(std::exchange(other.token_, kAnswered)) {}
  AuthReply& operator=(AuthReply&& other) noexcept {
    if (this != &other) {
      abandon();
      host_ = other.host_;
      table_ = other.table_;
      token_ = std::exchange(other.token_, kAnswered);
    }
    return *this;
  }
  ~AuthReply() { abandon(); }

  void allow(const Grant& grant = {}) {
    std::vector<trellis_pair> pairs;
    pairs.reserve(grant.attributes.size());
    for (const Pair& pair : grant.attributes) pairs.push_back({view(pair.name), view(pair.value)});
    trellis_auth_answer answer = blank(AuthVerdict::allow);
    answer.name = view(grant.name);
    answer.data = view(grant.data);
    answer.attributes = pairs.data();
    answer.attribute_count = static_cast<std::uint32_t>(pairs.size());
    answer.expires_at_ms = grant.expires.count();
    answer.flags = grant.flags();
    send(answer);
  }

  /// Final: the next authenticator is not asked. The reason is for the log and, where it can be told, for the client.
  void deny(std::string_view reason, Status status = Status::not_authorized) {
    trellis_auth_answer answer = blank(AuthVerdict::deny);
    answer.status = static_cast<trellis_status>(status);
    answer.reason = view(reason);
    send(answer);
  }
  void bad_credentials(std::string_view reason) { deny(reason, Status::bad_credentials); }

  /// Not mine: ask the next authenticator; nobody left means deny.
  void defer() { send(blank(AuthVerdict::defer)); }

  /// Sends bytes to the client; its next step comes as another request with continues().
  void challenge(std::string_view data) {
    trellis_auth_answer answer = blank(AuthVerdict::challenge);
    answer.data = view(data);
    send(answer);
  }

  /// No answer at all: nobody waits for one any more. For on_abandoned().
  void drop() noexcept { token_ = kAnswered; }

  /// Names the question, as on_abandoned() does. 0 once answered.
  trellis_token token() const noexcept { return token_; }

  /// The innermost call in progress on this thread.
  static Call*& current() noexcept {
    thread_local Call* call = nullptr;
    return call;
  }

 private:
  static constexpr trellis_token kAnswered = 0;

  static trellis_auth_answer blank(AuthVerdict verdict) noexcept {
    trellis_auth_answer answer{};
    answer.struct_size = sizeof answer;
    answer.verdict = static_cast<std::uint32_t>(verdict);
    return answer;
  }

  void abandon() noexcept {
    if (token_ == kAnswered) return;
    trellis_auth_answer answer = blank(AuthVerdict::deny);
    answer.status = TRELLIS_UNAVAILABLE;
    answer.reason = view("the authenticator let the question go without an answer");
    try {
      send(answer);
    } catch (const std::exception&) {
      // Out of memory for the reason's copy. The kernel's deadline denies.
    }
  }

  void send(const trellis_auth_answer& answer) {
    if (token_ == kAnswered) return;
    const trellis_token token = std::exchange(token_, kAnswered);
    // Not the innermost only: a call may be nested in another plugin call of this library.
    for (Call* call = current(); call != nullptr; call = call->outer) {
      if (call->token == token) return write(*call, answer);
    }
    if (table_ != nullptr) table_->complete(host_, token, &answer);
  }

  // The kernel reads the texts after the call returned and before the next one, so they are kept per thread.
  static void write(Call& call, const trellis_auth_answer& answer) {
    thread_local std::string texts;
    thread_local std::vector<trellis_pair> pairs;
    const std::span attributes(answer.attributes, answer.attribute_count);
    std::size_t size = answer.reason.size + answer.name.size + answer.data.size;
    for (const trellis_pair& pair : attributes) size += pair.name.size + pair.value.size;
    texts.clear();
    texts.reserve(size);  // so that no view moves below
    const auto keep = [&](trellis_view from) {
      const std::size_t begin = texts.size();
      texts += text(from);
      return view(std::string_view(texts).substr(begin));
    };
    *call.answer = answer;
    call.answer->reason = keep(answer.reason);
    call.answer->name = keep(answer.name);
    call.answer->data = keep(answer.data);
    pairs.clear();
    for (const trellis_pair& pair : attributes) {
      const trellis_view name = keep(pair.name);
      pairs.push_back({name, keep(pair.value)});
    }
    call.answer->attributes = pairs.data();
    call.answered = true;
  }

  trellis_host* host_;
  const trellis_host_identity* table_;
  trellis_token token_;
};

/// Connected clients of these names are cut off: those that an authenticator allowed itself, or all where any other
/// plugin says so. [any, running]
inline void revoke_clients(const Host& host, std::string_view name_space, std::span<const std::string_view> names) {
  const auto* table = host.table<trellis_host_identity>();
  if (table == nullptr || names.empty()) return;
  std::vector<trellis_view> views;
  views.reserve(names.size());
  for (const std::string_view name : names) views.push_back(view(name));
  table->revoke(host.handle(), view(name_space), views.data(), static_cast<std::uint32_t>(views.size()));
}

class Authenticator : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_AUTHENTICATOR;

  /// Judges credentials. Must not block; whoever needs time keeps the reply and answers later. What it throws denies.
  /// Called on several shards at once. [shard]
  virtual void authenticate(const AuthRequest& request, AuthReply reply) = 0;

  /// The client of that question went away: forget it. [shard]
  virtual void on_abandoned(trellis_token) noexcept {}

  /// Takes back what this plugin allowed: connected clients of these names, whatever the case of ASCII letters, are
  /// cut off as not authorized. [any, running]
  void revoke(std::string_view name_space, std::span<const std::string_view> names) const {
    revoke_clients(host(), name_space, names);
  }

  const void* table(std::string_view id) override {
    static constexpr trellis_authenticator kTable{sizeof(trellis_authenticator), &authenticate_glue, &abandoned_glue};
    return id == kTableId<trellis_authenticator> ? &kTable : nullptr;
  }
  void configured() noexcept override { identity_ = host().table<trellis_host_identity>(); }

 private:
  static void authenticate_glue(void* shard, const trellis_credentials* credentials, trellis_token token,
                                trellis_auth_answer* answer) noexcept {
    auto& mine = glue::kind<Authenticator>(shard);
    AuthReply::Call call{token, answer, AuthReply::current()};
    AuthReply::current() = &call;
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      mine.authenticate(AuthRequest(*credentials, glue::shard(shard)), AuthReply(mine.host(), mine.identity_, token));
      return ok();
    });
    AuthReply::current() = call.outer;
    if (!call.answered) answer->verdict = TRELLIS_AUTH_PENDING;
    if (status != TRELLIS_OK) {
      mine.host().log(Level::error, "the authenticator threw",
                      {{"error", std::string_view(error.text, error.size)}, {"client", text(credentials->client_id)}});
    }
  }

  static void abandoned_glue(void* shard, trellis_token token) noexcept {
    glue::kind<Authenticator>(shard).on_abandoned(token);
  }

  const trellis_host_identity* identity_ = nullptr;
};

}  // namespace trellis
