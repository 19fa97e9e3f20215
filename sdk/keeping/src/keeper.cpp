#include <trellis/abi/queue.h>

#include <algorithm>
#include <trellis/keeping/encoding.hpp>
#include <trellis/keeping/keeper.hpp>
#include <trellis/runtime/log.hpp>
#include <utility>

namespace trellis::keeping {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;
constexpr std::string_view kNobodysKey = "-";

/// What of that level a store can promise: it refuses to be asked for more.
std::uint32_t most_of(const trellis_store& store, std::uint32_t level) noexcept {
  return std::min(level, store.strongest);
}

}  // namespace

KeeperMetrics::KeeperMetrics(Metrics& metrics)
    : writes(metrics.declare(MetricType::counter, "trellis_keeper_writes_total", "",
                             "Groups of changes that the store took.")),
      unkept(metrics.declare(MetricType::counter, "trellis_keeper_unkept_total", "",
                             "Connections closed because the store failed to keep what they were to be told.")),
      refused(metrics.declare(MetricType::counter, "trellis_keeper_refused_total", "",
                              "Messages refused because the store takes nothing at the time.")) {}

Keeper::~Keeper() {
  unqueue();
  set_behind(false);
  records_.clear();
}

void Keeper::set_store(const trellis_store* store, void* store_instance, void* store_shard) noexcept {
  store_ = store;
  store_instance_ = store_instance;
  store_shard_ = store_shard;
  looked_at_ms_ = 0;
  if (store != nullptr) return;
  unqueue();
  retry_.cancel();
  set_behind(false);
  under_way_.clear();
  reads_.clear();
  records_.clear();
  batch_ = Batch();
}

bool Keeper::refuses() noexcept {
  if (!anyone_behind() && !store_is_full()) return false;
  shard_.count(metrics_.refused, 1);
  return true;
}

// Asked before anything is, so that not even the first has to wait until there is room. At most once between two calls.
bool Keeper::store_is_full() noexcept {
  if (store_ == nullptr) return false;
  if (std::exchange(looked_at_ms_, shard_.now_ms()) == shard_.now_ms()) return full_;
  trellis_store_figures now{};
  now.struct_size = sizeof now;
  store_->figures(store_instance_, &now);
  const bool full = now.state == TRELLIS_STORE_STATE_FULL || now.state == TRELLIS_STORE_STATE_FAILING;
  if (full && !full_) tell_of_store();
  full_ = full;
  return full;
}

void Keeper::tell_of_store() const {
  log::seldom("app", log::Level::warn, "the store takes nothing at the time; what has to be kept waits or is refused",
              {{"shard", std::to_string(shard_.index())}});
}

void Keeper::set_behind(bool behind) noexcept {
  if (std::exchange(behind_, behind) != behind)
    connections::stores_behind.fetch_add(behind ? 1 : UINT32_MAX, std::memory_order_relaxed);
}

// ---- asking

std::size_t Keeper::place_of(std::uint32_t level) const noexcept {
  return most_of(*store_, level) == TRELLIS_DURABILITY_SYNCED ? 1 : 0;
}

bool Keeper::begin(std::uint32_t level) {
  if (store_ == nullptr || level <= TRELLIS_DURABILITY_VOLATILE) return false;
  if (batch_.number == 0) {
    batch_.number = ++last_number_;
    asked_before_ = asked_;
  }
  last_asked_[place_of(level)] = ++asked_;
  if (!queued()) shard_.defer(Phase::keep, *this);
  return true;
}

// The reference stays good until the next one.
Keeper::Change* Keeper::change(std::uint32_t level, std::uint32_t kind) {
  return begin(level) ? &batch_.changes.emplace_back(Change{.kind = kind}) : nullptr;
}

void Keeper::add_text(Change& change, std::string_view key, std::string_view body) {
  change.at = batch_.bytes.size();
  change.key = key.size();
  change.body = body.size();
  batch_.bytes.append(key).append(body);
}

void Keeper::put(std::uint32_t level, std::string_view key, const Message& value) {
  Change* const put = change(level, TRELLIS_STORE_PUT);
  if (put == nullptr) return;
  add_text(*put, key, {});
  encode(value, batch_.bytes);
  put->body = batch_.bytes.size() - put->at - put->key;
}

void Keeper::put(std::uint32_t level, std::string_view key, std::string_view value) {
  if (Change* const put = change(level, TRELLIS_STORE_PUT)) add_text(*put, key, value);
}

void Keeper::put(std::uint32_t level, KeptRecord& record) {
  if (begin(level) && !record.is_linked()) records_.push_back(record);
}

void Keeper::remove(std::uint32_t level, std::string_view key) {
  if (Change* const gone = change(level, TRELLIS_STORE_REMOVE)) add_text(*gone, key, {});
}

void Keeper::append(std::uint32_t level, KeptBodies& bodies, std::size_t place, const Message& message,
                    std::uint64_t queue, std::uint64_t number, std::string_view extra) {
  if (!begin(level)) return;
  if (bodies.batch_ != batch_.number) {
    bodies.batch_ = batch_.number;
    bodies.changes_.clear();
  }
  if (bodies.changes_.size() <= place) bodies.changes_.resize(place + 1, kNone);
  std::uint32_t& at = bodies.changes_[place];
  if (at == kNone) {
    at = static_cast<std::uint32_t>(batch_.changes.size());
    Change& change = batch_.changes.emplace_back(Change{.kind = TRELLIS_STORE_APPEND});
    change.at = batch_.bytes.size();
    encode(message, batch_.bytes);
    change.body = batch_.bytes.size() - change.at;
  }
  ++batch_.changes[at].targets;
  batch_.targets.push_back({at, queue, number, batch_.bytes.size(), extra.size()});
  batch_.bytes.append(extra);
}

void Keeper::settle(std::uint32_t level, std::uint64_t queue, std::uint64_t first, std::uint64_t last, bool alone) {
  if (!begin(level)) return;
  if (!batch_.changes.empty()) {
    Change& before = batch_.changes.back();
    if (before.kind == TRELLIS_STORE_SETTLE && before.queue == queue && before.last + 1 == first &&
        before.alone == alone) {
      before.last = last;
      return;
    }
  }
  batch_.changes.push_back(
      {.kind = TRELLIS_STORE_SETTLE, .queue = queue, .first = first, .last = last, .alone = alone});
}

void Keeper::note(std::uint32_t level, std::uint64_t queue, std::uint64_t number, const trellis_store_note& note) {
  if (!begin(level)) return;
  batch_.changes.push_back({.kind = TRELLIS_STORE_NOTE, .queue = queue, .first = number, .note = note});
}

void Keeper::mark(std::uint32_t level, std::uint64_t queue, std::uint32_t mark) {
  if (begin(level)) batch_.changes.push_back({.kind = TRELLIS_STORE_MARK, .mark = mark, .queue = queue});
}

void Keeper::unmark(std::uint32_t level, std::uint64_t queue, std::uint32_t mark) {
  if (begin(level)) batch_.changes.push_back({.kind = TRELLIS_STORE_UNMARK, .mark = mark, .queue = queue});
}

void Keeper::drop(std::uint32_t level, std::uint64_t queue) {
  if (begin(level)) batch_.changes.push_back({.kind = TRELLIS_STORE_DROP, .queue = queue});
}

// ---- waiting

void Keeper::then(std::uint32_t level, Then function) {
  if (level == TRELLIS_DURABILITY_AS_ASKED) return then_as_asked(std::move(function));
  if (begin(level)) batch_.waiting[place_of(level)].then.push_back(std::move(function));
}

void Keeper::then_as_asked(Then function) {
  if (batch_.number != 0) {
    batch_.waiting[last_asked_[1] > asked_before_ ? 1 : 0].then.push_back(std::move(function));
  } else if (!under_way_.empty()) {  // asked already
    under_way_.rbegin()->second.then.push_back(std::move(function));
  } else {
    function(true);
  }
}

void Keeper::hold(Connection& connection, Mark since) {
  for (const std::size_t level : {1, 0}) {
    if (last_asked_[level] <= since) continue;
    if (batch_.number != 0) return hold_behind(connection, batch_.number, level, batch_.waiting[level]);
    if (!under_way_.empty()) {  // asked already
      auto& [number, waiting] = *under_way_.rbegin();
      return hold_behind(connection, number, level, waiting);
    }
  }
}

void Keeper::hold_behind_all(Connection& connection) {
  for (auto& [number, waiting] : under_way_) hold_behind(connection, number, 0, waiting);
  for (const std::size_t level : {0, 1}) {
    if (!batch_.waiting[level].nobody() || (level == 0 && batch_.number != 0))
      hold_behind(connection, batch_.number, level, batch_.waiting[level]);
  }
}

void Keeper::hold_behind(Connection& connection, std::uint64_t number, std::size_t level, Waiting& waiting) {
  const std::uint64_t ticket = 2 * number + level;
  const OutputGate* const last = connection.last_gate();
  if (last == nullptr || last->ticket() != ticket) waiting.gates.push_back(connection.hold_output(ticket));
}

// ---- the store

void Keeper::write() {
  unqueue();
  if (!behind_ && batch_.number != 0) ask();
  if (reads_wait_) start_reads();
}

void Keeper::ask() {
  write_records();
  if (batch_.changes.empty())
    add_text(batch_.changes.emplace_back(Change{.kind = TRELLIS_STORE_REMOVE}), kNobodysKey, {});
  // Together they are one call, so that they stay in one order. Whoever waits for the medium waits longer alone.
  Waiting later;
  if (!batch_.waiting[0].nobody()) std::swap(later, batch_.waiting[1]);
  const bool synced = !batch_.waiting[1].nobody();
  const trellis_status status = ask_store(synced ? TRELLIS_DURABILITY_SYNCED : TRELLIS_DURABILITY_WRITTEN);
  if (status == TRELLIS_UNAVAILABLE) {
    if (!later.nobody()) std::swap(later, batch_.waiting[1]);
    set_behind(true);
    if (!retry_.armed()) shard_.arm(retry_, kRetryMs);
    tell_of_store();
    return;
  }
  const bool was_behind = behind_;
  set_behind(false);
  looked_at_ms_ = 0;
  const std::uint64_t number = std::exchange(batch_.number, 0);
  Waiting waiting;
  std::swap(waiting, batch_.waiting[synced ? 1 : 0]);
  batch_.bytes.clear();
  batch_.changes.clear();
  batch_.targets.clear();
  if (status != TRELLIS_OK) {
    ++failures_;
    let_down(std::move(waiting));
    let_down(std::move(later));
  } else {
    shard_.count(metrics_.writes, 1);
    std::swap(under_way_[number], waiting);
    if (!later.nobody()) ask_for_sync(later);
  }
  if (was_behind && taken_) taken_();
}

// All before it is on the medium once this is.
void Keeper::ask_for_sync(Waiting& waiting) {
  batch_.number = ++last_number_;
  std::swap(batch_.waiting[1], waiting);
  write();
}

void Keeper::write_records() {
  std::string key;
  std::string value;
  while (!records_.empty()) {
    KeptRecord& record = records_.front();
    records_.pop_front();
    key.clear();
    value.clear();
    record.write_record(key, value);
    add_text(batch_.changes.emplace_back(Change{.kind = TRELLIS_STORE_PUT}), key, value);
  }
}

// A store that is full takes what frees: that messages are over must not wait behind others that do not fit.
void Keeper::make_room() {
  const auto fresh = [&](const Change& change) {
    return std::ranges::any_of(batch_.targets, [&](const Target& target) {
      return target.queue == change.queue && target.number >= change.first && target.number <= change.last;
    });
  };
  changes_.clear();
  std::vector<std::uint32_t> place(batch_.changes.size());  // of those that stay
  std::vector<Change> stay;
  for (std::size_t i = 0; i < batch_.changes.size(); ++i) {
    const Change& change = batch_.changes[i];
    place[i] = static_cast<std::uint32_t>(stay.size());
    if (change.kind != TRELLIS_STORE_SETTLE || !change.alone || fresh(change)) {
      stay.push_back(change);
      continue;
    }
    trellis_store_change& asked = changes_.emplace_back();
    asked.kind = change.kind;
    asked.queue = change.queue;
    asked.first = change.first;
    asked.last = change.last;
  }
  if (changes_.empty() || store_->write(store_shard_, changes_.data(), static_cast<std::uint32_t>(changes_.size()),
                                        most_of(*store_, TRELLIS_DURABILITY_WRITTEN), ++last_number_) != TRELLIS_OK) {
    return;
  }
  batch_.changes.swap(stay);
  batch_.number = ++last_number_;  // tokens go up
  for (Target& target : batch_.targets) target.change = place[target.change];
}

void Keeper::on_retry(Timer& timer) {
  Keeper& keeper = static_cast<Retry&>(timer).keeper;
  if (keeper.behind_) keeper.make_room();
  if (keeper.behind_) keeper.ask();
  keeper.start_reads();
}

trellis_status Keeper::ask_store(std::uint32_t level) {
  // Where the targets of each change begin: they were asked for in another order.
  first_target_.assign(batch_.changes.size(), 0);
  std::uint32_t targets = 0;
  for (std::size_t i = 0; i < batch_.changes.size(); ++i) {
    first_target_[i] = targets;
    targets += batch_.changes[i].targets;
  }
  targets_.resize(targets);
  changes_.clear();
  for (std::size_t i = 0; i < batch_.changes.size(); ++i) {
    const Change& change = batch_.changes[i];
    const char* const key = batch_.bytes.data() + change.at;
    changes_.push_back({change.kind,
                        change.mark,
                        change.queue,
                        change.first,
                        change.last,
                        {key + change.key, change.body},
                        {key, change.key},
                        targets_.data() + first_target_[i],
                        change.targets,
                        0,
                        change.note});
  }
  for (const Target& target : batch_.targets) {
    targets_[first_target_[target.change]++] = {
        target.queue, target.number, {batch_.bytes.data() + target.at, target.extra}};
  }
  return store_->write(store_shard_, changes_.data(), static_cast<std::uint32_t>(changes_.size()),
                       most_of(*store_, level), batch_.number);
}

void Keeper::stored(trellis_token token, trellis_status status) {
  const auto found = under_way_.find(token);
  if (found == under_way_.end()) return;
  Waiting waiting = std::move(found->second);
  under_way_.erase(found);
  if (status != TRELLIS_OK) {
    ++failures_;
    return let_down(std::move(waiting));
  }
  while (!waiting.gates.empty()) {
    OutputGate& gate = waiting.gates.front();
    waiting.gates.pop_front();
    gate.connection().open_gate(gate);
  }
  for (const Then& function : waiting.then) function(true);
}

void Keeper::let_down(Waiting waiting) {
  std::size_t count = 0;
  for (; !waiting.gates.empty(); ++count) {
    Connection& connection = waiting.gates.front().connection();
    waiting.gates.pop_front();
    connection.close_now(TRELLIS_CLOSE_UNKEPT);
  }
  for (const Then& function : waiting.then) function(false);
  if (count == 0) return;
  shard_.count(metrics_.unkept, static_cast<std::int64_t>(count));
  log::error("app", "the store failed: clients whose messages it should have kept are cut off",
             {{"clients", std::to_string(count)}});
}

// ---- reading

trellis_token Keeper::read(std::uint64_t queue, std::uint64_t after, std::uint32_t entries, std::uint64_t bytes,
                           Read answer) {
  const trellis_token token = ++last_read_;
  Reading& reading =
      reads_.emplace(token, Reading{queue, after, entries, bytes, std::move(answer), false}).first->second;
  // It sees what was asked for before, which goes to the store with all else of this turn.
  if (batch_.number == 0 || behind_) {
    start(reading, token);
  } else {
    reads_wait_ = true;
  }
  return token;
}

void Keeper::start_reads() {
  reads_wait_ = false;
  for (auto& [token, reading] : reads_) {
    if (!reading.asked) start(reading, token);
  }
}

void Keeper::start(Reading& reading, trellis_token token) {
  reading.asked = store_ != nullptr && store_->read(store_shard_, reading.queue, reading.after, reading.entries,
                                                    reading.bytes, token) == TRELLIS_OK;
  if (!reading.asked && !retry_.armed()) shard_.arm(retry_, kRetryMs);
}

void Keeper::read_done(trellis_token token, trellis_status status, std::vector<KeptEntry> entries) {
  const auto found = reads_.find(token);
  if (found == reads_.end()) return;
  if (status == TRELLIS_OK && entries.empty() && behind_) {
    found->second.asked = false;  // they are not there yet
    if (!retry_.armed()) shard_.arm(retry_, kRetryMs);
    return;
  }
  if (status != TRELLIS_OK) {
    log::seldom("app", log::Level::error, "messages cannot be read from the store; it is tried again",
                {{"shard", std::to_string(shard_.index())}});
    found->second.asked = false;
    if (!retry_.armed()) shard_.arm(retry_, 20 * kRetryMs);
    return;
  }
  const Read answer = std::move(found->second.answer);
  reads_.erase(found);
  answer(entries);
}

}  // namespace trellis::keeping
