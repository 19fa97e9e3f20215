#include "session.hpp"

#include <poll.h>

#include <algorithm>
#include <new>
#include <utility>

namespace postgres {

using common::Verdict;
using trellis::Cause;

ConnectionOptions connection_options(const Target& target, const std::string& address) {
  static constexpr int kQuestions = 3;
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::to_string(std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 1));
  };
  const auto& peer = target.peer.target;
  const auto& settings = target.settings;
  // What libpq would take from the environment or from files of the user who runs the broker is said here.
  return {{"host", peer.host},
          {"hostaddr", address},
          {"port", std::to_string(peer.port)},
          {"dbname", target.database},
          {"user", target.user},
          {"password", target.password},
          {"passfile", "/dev/null"},
          {"sslmode", target.ssl_mode},
          {"sslrootcert", settings.root_certificates},
          {"sslcert", settings.certificate},
          {"sslkey", settings.key},
          {"gssencmode", "disable"},
          {"client_encoding", "UTF8"},
          {"application_name", "trellis"},
          {"options", ""},
          // The system asks, for PostgreSQL has no question of its own that costs no transaction.
          {"keepalives", "1"},
          {"keepalives_idle", seconds(target.peer.keep_alive)},
          {"keepalives_interval", seconds(target.peer.timeout / kQuestions)},
          {"keepalives_count", std::to_string(kQuestions)}};
}

std::optional<Verdict> Session::connect(const std::string& address, Time until) {
  close();
  const auto options = connection_options(target_, address);
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : options) {
    names.push_back(name);
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  if (connection_ == nullptr) throw std::bad_alloc();
  broken_ = late_ = false;
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (PQstatus(connection_.get()) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    if (!wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until)) break;
    state = PQconnectPoll(connection_.get());
  }
  if (!broken_ && state == PGRES_POLLING_OK && PQsetnonblocking(connection_.get(), 1) == 0) {
    prepare_texts();
    return std::nullopt;
  }
  const Verdict verdict =
      broken_ ? lost().verdict : judge_connection(PQerrorMessage(connection_.get()), target_.peer.name);
  close();
  return verdict;
}

/// Identifiers are quoted by libpq, which knows the encoding.
void Session::prepare_texts() {
  const std::string table =
      target_.schema.empty() ? quoted(target_.table) : quoted(target_.schema) + "." + quoted(target_.table);
  std::string columns;
  std::string places;
  for (std::size_t i = 0; i < target_.columns.size(); ++i) {
    columns += (i > 0 ? ", " : "") + quoted(target_.columns[i].name);
    places += (i > 0 ? ", $" : "$") + std::to_string(i + 1);
  }
  copy_text_ = "COPY " + table + " (" + columns + ") FROM STDIN";
  insert_text_ = "INSERT INTO " + table + " (" + columns + ") VALUES (" + places + ")";
  if (target_.skips_duplicates) insert_text_ += " ON CONFLICT DO NOTHING";
}

std::string Session::quoted(const std::string& name) {
  const std::unique_ptr<char, void (*)(void*)> made(PQescapeIdentifier(connection_.get(), name.data(), name.size()),
                                                    &PQfreemem);
  if (made != nullptr) return made.get();
  broken_ = true;  // no UTF-8: nothing would find such a name
  return "\"\"";
}

void Session::look() {
  if (connection_ != nullptr && PQconsumeInput(connection_.get()) == 0) broken_ = true;
  if (connection_ != nullptr && PQstatus(connection_.get()) != CONNECTION_OK) broken_ = true;
}

void Session::close() {
  connection_.reset();
  broken_ = false;
}

bool Session::wait(short events, Time until) {
  while (!broken_) {
    const Waker::Woken woken = waker_.wait(PQsocket(connection_.get()), events, until);
    if (woken == Waker::Woken::socket) return true;
    late_ = woken == Waker::Woken::late;
    // A call is about further rows, mostly.
    if (late_ || stopping_.load()) broken_ = true;
  }
  return false;
}

bool Session::flush(Time until) {
  for (;;) {
    const int left = broken_ ? -1 : PQflush(connection_.get());
    if (left == 0) return true;
    if (left < 0 || !wait(POLLIN | POLLOUT, until) || PQconsumeInput(connection_.get()) == 0) {
      broken_ = true;
      return false;
    }
  }
}

/// False where the connection is lost. An answer that is null ends those to one command.
bool Session::next(Answer& answer, Time until) {
  while (!broken_ && PQisBusy(connection_.get()) != 0) {
    if (!wait(POLLIN, until) || PQconsumeInput(connection_.get()) == 0) broken_ = true;
  }
  if (broken_) return false;
  answer.reset(PQgetResult(connection_.get()));
  return true;
}

Judged Session::judge_answer(const PGresult* result) {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  Judged judged = judge(state != nullptr ? state : "", message != nullptr ? message : PQresultErrorMessage(result),
                        target_.peer.name);
  broken_ = broken_ || judged.ends_connection || PQstatus(connection_.get()) != CONNECTION_OK;
  return judged;
}

Judged Session::lost() {
  broken_ = true;
  const std::string& name = target_.peer.name;
  if (stopping_.load()) return {Verdict::stopped("the destination is given up"), false, true};
  if (late_) {
    return {Verdict::retry(Cause::timed_out,
                           name + ": no answer within " + std::to_string(target_.peer.timeout.count()) + " ms"),
            false, true};
  }
  return judge({}, std::string("the connection broke: ") + PQerrorMessage(connection_.get()), name);
}

}  // namespace postgres
