/// One request from its arrival to its answer.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/identity.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/service.hpp>
#include <vector>

#include "browser.hpp"
#include "credentials.hpp"
#include "metrics.hpp"
#include "problem.hpp"

namespace mqtt_http {

class Here;

/// A client that was let in. Good until the function it is passed to returns.
struct Caller {
  trellis_connection* connection;
  std::string name;      ///< as which it publishes and is judged, as a client id would be
  std::string identity;  ///< authenticated name; empty when anonymous
  std::int64_t expires_at_ms;
  trellis_client_limits limits;
};

/// What goes on with a request after its client was let in, and has to be told when the client goes.
class Work {
 public:
  virtual ~Work() = default;
  virtual void on_drain() {}
  /// The client has gone, or the kernel answered. It is destroyed next.
  virtual void on_gone() {}
};

/// Belongs to one shard. It lives while its client is waited for or waits, and as long as somebody holds it.
class Call final : public trellis::ExchangeUser, public std::enable_shared_from_this<Call> {
 public:
  using Then = std::function<void(Call&, const Caller&)>;

  Call(Here& here, const trellis::Request& request, trellis::Reply reply, Doing doing);
  ~Call();

  /// Asks who the client is; `then` is called once it was let in. Everybody else is answered here.
  void with_client(const trellis::Request& request, Then then);
  /// The same again, for what comes later: the rights are those of then.
  void with_client_again(Then then);

  void answer(trellis::Response response);
  void refuse(const Problem& problem);
  /// Begins a stream. False where nobody waits for it.
  bool stream(const trellis::Response& head);
  /// What it is about has gone: nothing is said any more.
  void abandon();
  /// After a stream.
  void finish();
  bool extend(std::chrono::milliseconds time) { return reply_.extend(time); }

  Here& here() const noexcept { return here_; }
  trellis::Exchange& exchange() noexcept { return exchange_; }
  std::uint32_t name_space() const noexcept { return name_space_; }
  const std::string& peer() const noexcept { return peer_; }
  bool over() const noexcept { return over_; }
  /// Its work, which it owns from then on.
  void set_work(std::unique_ptr<Work> work) noexcept { work_ = std::move(work); }
  Work* work() const noexcept { return work_.get(); }

  void on_authenticated(trellis_connection* connection, const trellis_auth_answer& answer, bool occupied) override;
  void on_drain() override;
  void on_over() override;

 private:
  void ask();
  void let_in(trellis_connection* connection);
  void deny(const trellis_auth_answer& answer, bool occupied);
  void end();

  Here& here_;
  trellis::Reply reply_;
  trellis::Exchange exchange_;
  Browser browser_;
  Credentials credentials_;
  std::size_t way_ = 0;
  std::optional<Problem> denied_;  // by the way before
  Then then_;
  std::unique_ptr<Work> work_;
  std::string peer_;
  std::uint32_t name_space_;
  Doing doing_;
  bool over_ = false;
  bool secure_ = false;
};

}  // namespace mqtt_http
