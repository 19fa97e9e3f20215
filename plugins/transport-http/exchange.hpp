/// Requests that services keep beyond their call: who asked, whether it is still there, answers piece by piece.
#pragma once

#include <trellis/abi/service.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http_shard.hpp"

struct trellis_exchange {};

namespace transport_http {

class Connection;

/// What a service sees of a request within its call.
struct OfferedExchange final : trellis_exchange {
  OfferedExchange(Connection& of, void* for_request) noexcept : connection(of), request_user(for_request) {}
  Connection& connection;
  void* request_user;
};

/// One that is kept. It belongs to its request, and outlives it until its user was told.
class KeptExchange final : public trellis_exchange {
 public:
  KeptExchange(Connection& connection, void* request_user, const trellis_exchange_user& table, void* user) noexcept
      : connection_(&connection), request_user_(request_user), table_(&table), user_(user) {}

  static KeptExchange& of(trellis_exchange* exchange) noexcept { return *static_cast<KeptExchange*>(exchange); }
  static const KeptExchange& of(const trellis_exchange* exchange) noexcept {
    return *static_cast<const KeptExchange*>(exchange);
  }
  /// The functions services call.
  static const trellis_exchanges& functions() noexcept;

  /// Null where the request is gone and its user not told yet.
  Connection* connection() const noexcept { return connection_; }
  void* request_user() const noexcept { return request_user_; }
  void disconnect() noexcept { connection_ = nullptr; }

  void tell_authenticated(trellis_connection* connection, const trellis_auth_answer& answer, bool occupied) const {
    table_->on_authenticated(user_, connection, &answer, occupied ? std::uint32_t{TRELLIS_EXCHANGE_OCCUPIED} : 0);
  }
  void tell_drain() const { table_->on_drain(user_); }
  void tell_over() const { table_->on_over(user_); }

  bool stream_wanted = false;  ///< the next answer begins one
  bool pins = false;           ///< its connection is its client's
  bool drain_told = false;

 private:
  Connection* connection_;
  void* request_user_;
  const trellis_exchange_user* table_;
  void* user_;
};

/// Questions about the clients of one connection: the kernel answers one at a time, and whom it lets in last is whom
/// the connection belongs to.
class Questions {
 public:
  Questions(const HttpShard& shard, trellis_connection* connection) noexcept : shard_(shard), connection_(connection) {}

  void ask(KeptExchange& exchange, const trellis_credentials& credentials);
  /// The kernel's answer.
  void answered(const trellis_auth_answer& answer);
  /// It is about to go: nobody is told of it.
  void forget(const KeptExchange& exchange) noexcept;

  /// A stream begins, or ends, whose client the connection belongs to meanwhile: the one who is being told of now.
  void pin(KeptExchange& exchange) noexcept;
  void unpin(KeptExchange& exchange) noexcept;

 private:
  /// Credentials that outlive the call.
  struct Waiting {
    Waiting(KeptExchange& who, const trellis_credentials& from);
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    KeptExchange* exchange;
    trellis_credentials facts;
    std::vector<std::string> texts;
  };
  void put(KeptExchange& exchange, const trellis_credentials& credentials);
  void ask_next();

  const HttpShard& shard_;
  trellis_connection* connection_;
  std::list<Waiting> waiting_;     // costs nothing while it is empty, as it mostly is
  KeptExchange* asked_ = nullptr;  // null: nobody, or one that has gone
  const KeptExchange* told_ = nullptr;
  bool busy_ = false;
  std::size_t pins_ = 0;
};

}  // namespace transport_http
