#include "keep/keeper.hpp"

#include <algorithm>
#include <trellis/runtime/log.hpp>
#include <utility>

#include "keep/encoding.hpp"

namespace trellis::kernel {

KeeperMetrics::KeeperMetrics(Metrics& metrics)
    : writes(metrics.declare(MetricType::counter, "trellis_keeper_writes_total", "",
                             "Groups of changes that the store took.")),
      unkept(metrics.declare(MetricType::counter, "trellis_keeper_unkept_total", "",
                             "Connections closed because the store failed to keep what they were to be told.")),
      refused(metrics.declare(MetricType::counter, "trellis_keeper_refused_total", "",
                              "Messages refused because the store takes nothing at the time.")) {}

void Keeper::set_store(const trellis_store* store, void* store_shard) noexcept {
  store_ = store;
  store_shard_ = store_shard;
  if (store != nullptr) return;
  unqueue();
  retry_.cancel();
  under_way_.clear();
  for (Batch& batch : batches_) batch = Batch();
}

bool Keeper::refuses() noexcept {
  if (!batches_[0].refused && !batches_[1].refused) return false;
  shard_.count(metrics_.refused, 1);
  return true;
}

Keeper::Batch* Keeper::batch(std::uint32_t level) {
  if (store_ == nullptr || level <= TRELLIS_DURABILITY_VOLATILE) return nullptr;
  Batch& batch = batches_[std::min(level, store_->strongest) == TRELLIS_DURABILITY_SYNCED ? 1 : 0];
  if (batch.number == 0) batch.number = ++last_number_;
  shard_.defer(Phase::keep, *this);
  return &batch;
}

void Keeper::put(std::uint32_t level, std::string_view key, const Message& value) {
  Batch* const to = batch(level);
  if (to == nullptr) return;
  const std::size_t at = to->bytes.size();
  to->bytes.append(key);
  encode(value, to->bytes);
  to->changes.push_back({TRELLIS_STORE_PUT, at, key.size(), to->bytes.size() - at - key.size()});
}

void Keeper::put(std::uint32_t level, std::string_view key, std::string_view value) {
  Batch* const to = batch(level);
  if (to == nullptr) return;
  to->changes.push_back({TRELLIS_STORE_PUT, to->bytes.size(), key.size(), value.size()});
  to->bytes.append(key).append(value);
}

void Keeper::remove(std::uint32_t level, std::string_view key) {
  Batch* const to = batch(level);
  if (to == nullptr) return;
  to->changes.push_back({TRELLIS_STORE_REMOVE, to->bytes.size(), key.size(), 0});
  to->bytes.append(key);
}

void Keeper::then(std::uint32_t level, Then function) {
  if (Batch* const to = batch(level)) to->waiting.then.push_back(std::move(function));
}

void Keeper::hold(Connection& connection, const Mark& since) {
  for (std::size_t i = 0; i < 2; ++i) {
    Batch& batch = batches_[i];
    if (batch.changes.size() != since.changes[i]) hold_behind(connection, batch.number, batch.waiting);
  }
}

void Keeper::hold_behind_all(Connection& connection) {
  for (auto& [number, waiting] : under_way_) hold_behind(connection, number, waiting);
  for (Batch& batch : batches_) {
    if (batch.number != 0) hold_behind(connection, batch.number, batch.waiting);
  }
}

void Keeper::hold_behind(Connection& connection, std::uint64_t number, Waiting& waiting) {
  const OutputGate* const last = connection.last_gate();
  if (last == nullptr || last->ticket() != number) waiting.gates.push_back(connection.hold_output(number));
}

void Keeper::write() {
  unqueue();
  if (!batches_[0].refused) write(batches_[0], TRELLIS_DURABILITY_WRITTEN);
  if (!batches_[1].refused) write(batches_[1], TRELLIS_DURABILITY_SYNCED);
}

void Keeper::on_retry(Timer& timer) {
  Keeper& keeper = static_cast<Retry&>(timer).keeper;
  for (Batch& batch : keeper.batches_) batch.refused = false;
  keeper.write();
}

void Keeper::write(Batch& batch, std::uint32_t level) {
  if (batch.number == 0) return;
  const trellis_status status = ask(batch, level);
  if (status == TRELLIS_UNAVAILABLE) {
    batch.refused = true;
    if (!retry_.armed()) shard_.arm(retry_, kRetryMs);
    log::seldom("app", log::Level::warn, "the store takes nothing at the time; what has to be kept waits or is refused",
                {{"shard", std::to_string(shard_.index())}});
    return;
  }
  const std::uint64_t number = std::exchange(batch.number, 0);
  Waiting waiting;
  waiting.gates.swap(batch.waiting.gates);
  waiting.then.swap(batch.waiting.then);
  batch.bytes.clear();
  batch.changes.clear();
  if (status != TRELLIS_OK) return let_down(std::move(waiting));
  shard_.count(metrics_.writes, 1);
  Waiting& under_way = under_way_[number];
  under_way.gates.swap(waiting.gates);
  under_way.then.swap(waiting.then);
}

trellis_status Keeper::ask(const Batch& batch, std::uint32_t level) {
  asked_.clear();
  for (const Change& change : batch.changes) {
    trellis_store_change& asked = asked_.emplace_back();
    asked.kind = change.kind;
    asked.key = {batch.bytes.data() + change.at, change.key};
    asked.body = {batch.bytes.data() + change.at + change.key, change.body};
  }
  return store_->write(store_shard_, asked_.data(), static_cast<std::uint32_t>(asked_.size()), level, batch.number);
}

void Keeper::stored(trellis_token token, trellis_status status) {
  const auto found = under_way_.find(token);
  if (found == under_way_.end()) return;
  Waiting waiting = std::move(found->second);
  under_way_.erase(found);
  if (status != TRELLIS_OK) return let_down(std::move(waiting));
  while (!waiting.gates.empty()) {
    OutputGate& gate = waiting.gates.front();
    waiting.gates.pop_front();
    gate.connection().open_gate(gate);
  }
  for (const Then& function : waiting.then) function(true);
}

void Keeper::let_down(Waiting waiting) {
  ++failures_;
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

}  // namespace trellis::kernel
