// One connection to PostgreSQL, by libpq, on a thread that may wait.
#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "target.hpp"
#include "verdict.hpp"
#include "waker.hpp"

namespace postgres {

/// Of libpq, by their names. After keep_alive of silence the peer is asked, and has the timeout to answer.
using ConnectionOptions = std::vector<std::pair<const char*, std::string>>;
ConnectionOptions connection_options(const Target& target, const std::string& address);

/// Of one thread. Whatever takes longer than its time, or is interrupted, leaves a session that is not usable.
class Session {
 public:
  using Time = Waker::Clock::time_point;

  /// stopping: whether a call of the waker means that all ends.
  Session(const Target& target, Waker& waker, const std::atomic<bool>& stopping)
      : target_(target), waker_(waker), stopping_(stopping) {}

  /// Or why there is no connection.
  std::optional<common::Verdict> connect(const std::string& address, Time until);
  /// Writes the rows, in their order, in one transaction; if one of them is the reason that it cannot be, each in its
  /// own. One verdict for each.
  std::vector<common::Verdict> write(const std::vector<const Row*>& rows, Time until);
  bool usable() const noexcept { return connection_ != nullptr && !broken_; }
  int socket() const noexcept { return connection_ != nullptr ? PQsocket(connection_.get()) : -1; }
  /// Something arrived that nobody asked for: a notice, or the end.
  void look();
  void close();

 private:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Clear>;

  // session.cpp
  bool wait(short events, Time until);
  bool flush(Time until);
  bool next(Answer& answer, Time until);
  Judged judge_answer(const PGresult* result);
  Judged lost();
  void prepare_texts();
  std::string quoted(const std::string& name);

  // session_rows.cpp
  std::optional<Judged> copy(const std::vector<const Row*>& rows, Time until);
  bool put(std::string_view text, Time until);
  std::optional<Judged> insert_together(const std::vector<const Row*>& rows, Time until);
  std::vector<common::Verdict> insert_each(const std::vector<const Row*>& rows, Time until);
  bool send(const Row& row);
  std::optional<Judged> take_command(Time until);
  std::optional<Judged> take_sync(Time until);

  const Target& target_;
  Waker& waker_;
  const std::atomic<bool>& stopping_;
  std::unique_ptr<PGconn, Finish> connection_;
  bool broken_ = false;
  bool late_ = false;
  std::string copy_text_;
  std::string insert_text_;
};

}  // namespace postgres
