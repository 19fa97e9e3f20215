#include <poll.h>

#include <utility>

#include "session.hpp"

namespace postgres {
namespace {

using common::Verdict;

/// As COPY reads texts.
void append_copied(std::string& out, const std::optional<std::string>& value) {
  if (!value) {
    out += "\\N";
    return;
  }
  for (const char c : *value) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
}

std::string copied(const Row& row) {
  std::string out;
  out.reserve(row.bytes + row.bytes / 8 + 64);
  for (const auto& value : row.values) {
    if (!out.empty()) out += '\t';
    append_copied(out, value);
  }
  out += '\n';
  return out;
}

}  // namespace

std::vector<Verdict> Session::write(const std::vector<const Row*>& rows, Time until) {
  const auto failed = target_.skips_duplicates ? insert_together(rows, until) : copy(rows, until);
  if (!failed) return std::vector<Verdict>(rows.size());
  if (!failed->of_row || broken_) return std::vector<Verdict>(rows.size(), failed->verdict);
  if (rows.size() == 1) return {failed->verdict};
  return insert_each(rows, until);
}

/// One COPY is one transaction. Nothing where it is committed.
std::optional<Judged> Session::copy(const std::vector<const Row*>& rows, Time until) {
  Answer answer;
  if (PQsendQuery(connection_.get(), copy_text_.c_str()) == 0 || !flush(until) || !next(answer, until)) return lost();
  if (PQresultStatus(answer.get()) == PGRES_COPY_IN) {
    for (const Row* row : rows) {
      if (!put(copied(*row), until)) return lost();
    }
    for (int done = 0; done != 1;) {
      done = PQputCopyEnd(connection_.get(), nullptr);
      if (done < 0 || (done == 0 && !wait(POLLOUT, until))) return lost();
    }
    if (!flush(until) || !next(answer, until)) return lost();
  }
  std::optional<Judged> failed;
  for (; answer != nullptr;) {
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) failed = judge_answer(answer.get());
    if (!next(answer, until)) return failed ? failed : lost();
  }
  return failed;
}

bool Session::put(std::string_view text, Time until) {
  for (;;) {
    const int taken = PQputCopyData(connection_.get(), text.data(), static_cast<int>(text.size()));
    if (taken > 0) return true;
    if (taken < 0 || !flush(until)) return false;
  }
}

bool Session::send(const Row& row) {
  std::vector<const char*> values;
  for (const auto& value : row.values) values.push_back(value ? value->c_str() : nullptr);
  return PQsendQueryParams(connection_.get(), insert_text_.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0) == 1;
}

/// All up to one synchronisation are one transaction.
std::optional<Judged> Session::insert_together(const std::vector<const Row*>& rows, Time until) {
  if (PQenterPipelineMode(connection_.get()) == 0) return lost();
  for (const Row* row : rows) {
    if (!send(*row)) return lost();
  }
  if (PQpipelineSync(connection_.get()) == 0 || !flush(until)) return lost();
  std::optional<Judged> first;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto failed = take_command(until);
    // Those behind the one that failed were not looked at.
    if (failed && !first) first = std::move(failed);
    if (broken_) return first ? first : lost();
  }
  auto uncommitted = take_sync(until);
  if (!first) first = std::move(uncommitted);
  if (!broken_ && PQexitPipelineMode(connection_.get()) == 0) return lost();
  return first;
}

std::vector<Verdict> Session::insert_each(const std::vector<const Row*>& rows, Time until) {
  std::vector<Verdict> out;
  bool sent = PQenterPipelineMode(connection_.get()) == 1;
  for (const Row* row : rows) sent = sent && send(*row) && PQpipelineSync(connection_.get()) == 1;
  if (sent && flush(until)) {
    while (out.size() < rows.size()) {
      // It is committed only once its synchronisation is answered: whether that was reached counts.
      auto failed = take_command(until);
      if (broken_) break;
      auto uncommitted = take_sync(until);
      if (broken_) break;
      if (!failed) failed = std::move(uncommitted);
      out.push_back(failed ? failed->verdict : Verdict::delivered());
    }
  }
  if (out.size() < rows.size()) {
    out.resize(rows.size(), lost().verdict);
  } else if (PQexitPipelineMode(connection_.get()) == 0) {
    broken_ = true;
  }
  return out;
}

std::optional<Judged> Session::take_command(Time until) {
  std::optional<Judged> failed;
  Answer answer;
  if (!next(answer, until)) return lost();
  while (answer != nullptr) {
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) failed = judge_answer(answer.get());
    if (broken_ || !next(answer, until)) return failed ? failed : lost();
  }
  return failed;
}

/// The end of a transaction: nothing, or what failed only there, such as a constraint that is deferred.
std::optional<Judged> Session::take_sync(Time until) {
  static constexpr int kMost = 4;  // the error, the null behind it, and the end itself
  std::optional<Judged> failed;
  Answer answer;
  for (int i = 0; i < kMost && next(answer, until); ++i) {
    if (answer == nullptr) continue;
    if (PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC) return failed;
    failed = judge_answer(answer.get());
    if (broken_) return failed;
  }
  return lost();
}

}  // namespace postgres
