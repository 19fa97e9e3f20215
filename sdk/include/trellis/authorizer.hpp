// Authorizers: they judge what an authenticated client may do.
#pragma once

#include <trellis/abi/identity.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>
#include <vector>

namespace trellis {

enum class Action : std::uint32_t {
  publish = TRELLIS_ACTION_PUBLISH,      // the topic is a topic name
  subscribe = TRELLIS_ACTION_SUBSCRIBE,  // the topic is a filter without share prefix
  receive = TRELLIS_ACTION_RECEIVE,      // the topic is of a message about to be delivered
};

enum class Access : std::uint32_t {
  unset = TRELLIS_ACCESS_UNSET,
  allow = TRELLIS_ACCESS_ALLOW,
  deny = TRELLIS_ACCESS_DENY,
  defer = TRELLIS_ACCESS_DEFER,  // not mine: ask the next; nobody left means deny
};

/// An authenticated client; borrowed for the call.
class Identity {
 public:
  Identity(const trellis_identity* identity) noexcept : identity_(identity) {}
  const trellis_identity* get() const noexcept { return identity_; }
  std::string_view name() const noexcept { return text(identity_->name); }
  bool anonymous() const noexcept { return identity_->name.size == 0; }
  std::string_view authenticator() const noexcept { return text(identity_->authenticator); }
  Pairs attributes() const noexcept { return {identity_->attributes, identity_->attribute_count}; }
  /// As JSON; empty where there is none.
  std::string_view attribute(std::string_view name) const noexcept { return attributes().find(name); }
  /// Of this very proof; never used again while the process lives.
  std::uint64_t id() const noexcept { return identity_->id; }
  /// Its attributes are those it came with, even where there are none.
  bool own_attributes() const noexcept { return (identity_->flags & TRELLIS_IDENTITY_OWN_ATTRIBUTES) != 0; }

 private:
  const trellis_identity* identity_;
};

/// May this identity, connected as this client, do that on this topic? Borrowed for the call.
class AccessRequest {
 public:
  AccessRequest(const trellis_access* access) noexcept : access_(access) {}
  Action action() const noexcept { return static_cast<Action>(access_->action); }
  Identity identity() const noexcept { return access_->identity; }
  std::string_view client_id() const noexcept { return text(access_->client_id); }
  std::string_view topic() const noexcept { return text(access_->topic); }
  std::string_view name_space() const noexcept { return text(access_->name_space); }

 private:
  const trellis_access* access_;
};

/// The questions of one call, with an answer each.
class AccessBatch {
 public:
  AccessBatch(const Shard& shard, const trellis_access* questions, std::uint32_t* answers, std::size_t count) noexcept
      : shard_(&shard), questions_(questions), answers_(answers), count_(count) {}

  std::size_t size() const noexcept { return count_; }
  AccessRequest operator[](std::size_t index) const noexcept { return &questions_[index]; }
  void set(std::size_t index, Access access) const noexcept { answers_[index] = static_cast<std::uint32_t>(access); }

  /// Asks a function about each: Access(const AccessRequest&).
  template <class Judge>
  requires std::invocable<Judge&, const AccessRequest&>
  void judge(Judge judge) const {
    for (std::size_t i = 0; i < count_; ++i) set(i, judge((*this)[i]));
  }

  const Shard& shard() const noexcept { return *shard_; }

 private:
  const Shard* shard_;
  const trellis_access* questions_;
  std::uint32_t* answers_;
  std::size_t count_;
};

/// How much one client may do; 0 is no limit of that kind.
using ClientLimits = trellis_client_limits;

/// Told the steps of an explanation: what was looked at, and what was found.
using ExplainSink = std::function<void(std::string_view what, std::string_view found)>;

class Authorizer : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_AUTHORIZER;

  /// Answers every question of the batch. Must not wait or allocate per question. Answers may be remembered per
  /// identity, client id and topic until the plugin is replaced or calls forget_decisions(). Called on several shards
  /// at once. [shard]
  virtual void authorize(AccessBatch batch) noexcept = 0;

  /// Whether a client that proved who it is may be connected: fail("why not", Status::not_authorized) or with
  /// Status::quota where it may not. Asked when it connects, without action and topic. Writes into limits what it may
  /// do. [shard]
  virtual Result<void> admit(const AccessRequest&, const Shard&, ClientLimits&) { return ok(); }
  /// Why authorize() answers as it does, step by step. [shard]
  virtual void explain(const AccessRequest&, const Shard&, const ExplainSink&) {}

  /// Whether to be asked about Action::receive too, once per delivery. Asked after configure().
  virtual bool judges_receive() const noexcept { return false; }
  /// Whether every answer is allow, so that nobody needs to ask.
  virtual bool allows_all() const noexcept { return false; }

  /// Earlier answers no longer hold: everything is asked anew. Call it once new questions get the new answers. [any]
  void forget_decisions() const noexcept {
    if (const auto* table = host().table<trellis_host_authorizer>()) table->forget_decisions(host().handle());
  }
  /// The same for what was answered about some clients of a namespace, by their authenticated names. [any]
  void forget_decisions_of(std::string_view name_space, std::span<const std::string_view> names) const {
    const auto* table = host().table<trellis_host_authorizer>();
    std::vector<trellis_view> views;
    for (const std::string_view name : names) views.push_back(view(name));
    if (table == nullptr || views.empty()) return;
    table->forget_decisions_of(host().handle(), view(name_space), views.data(),
                               static_cast<std::uint32_t>(views.size()));
  }

  const void* table(std::string_view id) override { return id == kTableId<trellis_authorizer> ? &table_ : nullptr; }
  void configured() noexcept override {
    table_.flags = 0;
    if (judges_receive()) table_.flags |= TRELLIS_AUTHORIZER_JUDGES_RECEIVE;
    if (allows_all()) table_.flags |= TRELLIS_AUTHORIZER_ALLOWS_ALL;
  }

 private:
  static void authorize_glue(void* shard, const trellis_access* questions, std::uint32_t* answers,
                             std::uint32_t count) noexcept {
    glue::kind<Authorizer>(shard).authorize(AccessBatch(glue::shard(shard), questions, answers, count));
  }

  static trellis_status admit_glue(void* shard, const trellis_access* client, trellis_client_limits* limits,
                                   trellis_error* error) noexcept {
    return glue::guarded(error, Status::internal, [&] {
      return glue::kind<Authorizer>(shard).admit(AccessRequest(client), glue::shard(shard), *limits);
    });
  }

  static void explain_glue(void* shard, const trellis_access* question, void* user, trellis_step_fn sink) noexcept {
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      const auto tell = [&](std::string_view what, std::string_view found) { sink(user, view(what), view(found)); };
      glue::kind<Authorizer>(shard).explain(AccessRequest(question), glue::shard(shard), tell);
      return ok();
    });
    if (status != TRELLIS_OK) sink(user, view("error"), trellis_view{error.text, error.size});
  }

  trellis_authorizer table_{sizeof(trellis_authorizer), 0, &authorize_glue, &admit_glue, &explain_glue};
};

}  // namespace trellis
