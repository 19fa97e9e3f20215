// Connections from here to others: dialled by the kernel, spoken on by the plugin.
#pragma once

#include <trellis/abi/dial.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/protocol.hpp>
#include <utility>
#include <vector>

namespace trellis {

/// Where to.
struct DialTarget {
  std::string host;  ///< a name, or a numeric address without brackets
  std::uint16_t port = 0;
  bool secure = false;                     ///< encrypted, and the peer proves that it is `host`
  std::string layer = {};                  ///< the instance that encrypts; empty: the configuration's "outbound"."tls"
  std::chrono::milliseconds timeout = {};  ///< until it is open; 0: the configuration's
  std::string_view alpn = {};              ///< protocols to offer: "h2,http/1.1"; empty: the layer's own
};

/// One connection made from here. Derive, hand it to dial(), and keep the pointer no longer than on_closed(): the
/// object is destroyed when that returns. Everything happens on the shard that dialled.
class Outgoing {
 public:
  Outgoing() = default;
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  virtual ~Outgoing() = default;

  /// The connection is there and its layers have agreed.
  virtual void on_open() noexcept = 0;
  /// Bytes arrived. Answers how many were consumed; the rest comes again with what follows.
  virtual std::size_t on_bytes(std::string_view bytes) noexcept = 0;
  /// The time set by set_timer() is up.
  virtual void on_timer() noexcept {}
  /// It is over, or never came about: reason is TRELLIS_DIAL_… then, and 0 where it had been open. Last call.
  virtual void on_closed(std::uint32_t reason, std::string_view why) noexcept = 0;

  bool open() const noexcept { return connection_ != nullptr; }
  /// Appends a copy; all of a loop turn leaves together. Nothing happens unless it is open.
  void write(std::string_view bytes) noexcept {
    if (open()) table_->write(connection_, bytes.data(), bytes.size());
  }
  /// Bytes not yet taken by the network.
  std::size_t unsent() const noexcept { return open() ? table_->unsent(connection_) : 0; }
  /// Stops or goes on reading.
  void pause(bool paused) noexcept {
    if (open()) table_->pause(connection_, paused);
  }
  /// on_timer() once, after that time or a little later; 0 cancels. Only while it is open.
  void set_timer(std::chrono::milliseconds delay) noexcept {
    if (open()) table_->set_timer(connection_, static_cast<std::uint64_t>(delay.count()));
  }
  /// What the layers know: TRELLIS_FACT_….
  std::string_view fact(std::string_view name) const noexcept {
    return open() ? text(table_->fact(connection_, view(name))) : std::string_view();
  }
  /// Sends what was written, then closes; on_closed() follows after this returned, and no further bytes come. Gives up
  /// what is still being dialled: on_closed() is called within the call then.
  void close() noexcept {
    if (open()) return table_->close(connection_);
    const trellis_token token = std::exchange(token_, 0);
    if (token != 0 && dial_->cancel(shard_->handle(), token)) end(this, 0, "given up");
  }
  /// In on_closed(), where it had been open: TRELLIS_CLOSE_…, for what must know who ended it. 0 before.
  std::uint32_t close_reason() const noexcept { return close_reason_; }
  /// Within on_closed(): whether the peer said through a layer that nothing more comes (TRELLIS_FACT_ENDED).
  bool ended() const noexcept { return ended_; }
  const Shard& shard() const noexcept { return *shard_; }

 private:
  friend bool dial(const Shard& shard, const DialTarget& target, std::unique_ptr<Outgoing> outgoing);

  static Outgoing& of(void* user) noexcept { return *static_cast<Outgoing*>(user); }
  static void end(void* user, std::uint32_t reason, std::string_view why) noexcept {
    const std::unique_ptr<Outgoing> mine(&of(user));
    mine->on_closed(reason, why);
  }
  static void* open_glue(void* user, trellis_connection* connection) noexcept {
    Outgoing& mine = of(user);
    mine.token_ = 0;
    mine.connection_ = connection;
    mine.on_open();
    return user;
  }
  static std::size_t bytes_glue(void*, void* user, const std::uint8_t* data, std::size_t size, std::size_t*) noexcept {
    return of(user).on_bytes(text(std::span(data, size)));
  }
  static void timer_glue(void*, void* user) noexcept { of(user).on_timer(); }
  static void close_glue(void*, void* user, std::uint32_t reason) noexcept {
    Outgoing& mine = of(user);
    const std::string why(reason == TRELLIS_CLOSE_LAYER ? mine.fact(TRELLIS_FACT_ERROR) : said(reason));
    mine.ended_ = mine.fact(TRELLIS_FACT_ENDED) == "yes";
    mine.connection_ = nullptr;
    mine.close_reason_ = reason;
    end(user, 0, why);
  }
  static std::string_view said(std::uint32_t reason) noexcept {
    if (reason == TRELLIS_CLOSE_PEER) return "the peer closed the connection";
    if (reason == TRELLIS_CLOSE_BROKEN) return "the connection broke";
    return reason == TRELLIS_CLOSE_SHUTDOWN ? "the broker stops" : "closed";
  }
  static void failed_glue(void* user, std::uint32_t reason, trellis_view why) noexcept {
    of(user).token_ = 0;
    end(user, reason, text(why));
  }
  static const trellis_protocol& table() noexcept {
    static constexpr trellis_protocol kTable{sizeof(trellis_protocol),
                                             &open_glue,
                                             &bytes_glue,
                                             nullptr,
                                             &timer_glue,
                                             nullptr,
                                             &close_glue,
                                             nullptr,
                                             nullptr,
                                             nullptr};
    return kTable;
  }

  const Shard* shard_ = nullptr;
  const trellis_host_dial* dial_ = nullptr;
  const trellis_host_connection* table_ = nullptr;
  trellis_connection* connection_ = nullptr;
  trellis_token token_ = 0;
  std::uint32_t close_reason_ = 0;
  bool ended_ = false;
};

/// Dials. False, with the object destroyed and nothing called, where this kernel dials nobody, or nobody any more for
/// this plugin because it stops. [shard]
inline bool dial(const Shard& shard, const DialTarget& target, std::unique_ptr<Outgoing> outgoing) {
  const Host& host = shard.host();
  Outgoing& mine = *outgoing;
  mine.shard_ = &shard;
  mine.dial_ = host.table<trellis_host_dial>();
  mine.table_ = host.table<trellis_host_connection>();
  if (mine.dial_ == nullptr || mine.table_ == nullptr) return false;
  const trellis_dial_target where{sizeof(trellis_dial_target),
                                  target.secure ? static_cast<std::uint32_t>(TRELLIS_DIAL_SECURE) : 0U,
                                  view(target.host),
                                  target.port,
                                  static_cast<std::uint32_t>(target.timeout.count()),
                                  view(target.layer),
                                  view(target.alpn)};
  mine.token_ =
      mine.dial_->dial(host.handle(), shard.handle(), &where, &Outgoing::table(), &mine, &Outgoing::failed_glue);
  if (mine.token_ != 0) (void)outgoing.release();
  return mine.token_ != 0;
}

/// Asks for the TXT records of a domain name; forgets the question when destroyed. Belongs to one shard.
class TextLookup {
 public:
  /// status: ok, no_match (there is no such record) or unavailable (the name servers do not answer).
  using Answer = std::function<void(Status status, const std::vector<std::string_view>& texts)>;

  TextLookup() = default;
  TextLookup(const Shard& shard, std::string_view name, Answer answer)
      : state_(std::make_unique<State>(
            State{shard.host().table<trellis_host_dial>(), shard.handle(), 0, std::move(answer)})) {
    if (state_->dial == nullptr) return;
    state_->token = state_->dial->lookup_texts(shard.host().handle(), shard.handle(), view(name), state_.get(), &glue);
  }
  TextLookup(TextLookup&&) noexcept = default;
  TextLookup& operator=(TextLookup&& other) noexcept {
    cancel();
    state_ = std::move(other.state_);
    return *this;
  }
  ~TextLookup() { cancel(); }
  void cancel() noexcept {
    if (waiting()) state_->dial->cancel(state_->shard, state_->token);
    state_.reset();
  }
  bool waiting() const noexcept { return state_ != nullptr && state_->token != 0; }

 private:
  struct State {
    const trellis_host_dial* dial;
    trellis_shard* shard;
    trellis_token token;
    Answer answer;
  };
  static void glue(void* user, trellis_status status, const trellis_view* texts, std::uint32_t count) noexcept {
    auto* state = static_cast<State*>(user);
    state->token = 0;
    const Answer answer = std::move(state->answer);  // it may put another question where this one is
    std::vector<std::string_view> found;
    for (std::uint32_t i = 0; i < count; ++i) found.push_back(text(texts[i]));
    answer(static_cast<Status>(status), found);
  }

  std::unique_ptr<State> state_;
};

}  // namespace trellis
