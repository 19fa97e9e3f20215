// What a plugin's process keeps for its plugin, and what it tells the broker.
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/host.h>

#include <algorithm>
#include <trellis/runtime/views.hpp>
#include <utility>

#include "host_shard.hpp"
#include "plugin_host.hpp"

namespace trellis::isolation {

using runtime::text_of;
using runtime::view_of;

// ---- filters and destinations

void* PluginHost::object(std::uint64_t id, std::shared_lock<std::shared_mutex>& held) {
  held = std::shared_lock(objects_mutex_);
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : found->second;
}

trellis_status PluginHost::open(std::uint64_t id, std::string_view text, PluginError& error) {
  std::shared_lock<std::shared_mutex> held;
  if (object(id, held) != nullptr) return TRELLIS_OK;  // it was asked twice, because it did not answer in time
  held.unlock();
  void* opened = nullptr;
  if (kind() == TRELLIS_KIND_HANDLER) {
    opened = kind_table<trellis_handler>().open(instance_->handle(), view_of(text), &error);
  } else if (kind() == TRELLIS_KIND_PREDICATE) {
    opened = kind_table<trellis_predicate>().compile(instance_->handle(), view_of(text), &error);
  }
  if (opened == nullptr) return TRELLIS_INVALID;
  const std::unique_lock lock(objects_mutex_);
  objects_[id] = opened;
  return TRELLIS_OK;
}

void PluginHost::close(std::uint64_t id) {
  // Whoever is within a call of it is waited for.
  const std::unique_lock lock(objects_mutex_);
  const auto found = objects_.find(id);
  if (found == objects_.end()) return;
  void* const opened = found->second;
  objects_.erase(found);
  if (kind() == TRELLIS_KIND_HANDLER) {
    kind_table<trellis_handler>().release(instance_->handle(), opened);
  } else {
    kind_table<trellis_predicate>().release(instance_->handle(), opened);
  }
}

// ---- to the broker

void PluginHost::tell_shard(std::uint32_t index, Frame type, std::string_view body) {
  if (index >= shards_.size()) return;
  if (runtime::Shard::current() == &shards_[index]->shard()) return shards_[index]->tell(type, body);
  Encoder out;
  out(index);
  out(static_cast<std::uint32_t>(type));
  std::string bytes(out.bytes());
  bytes.append(body);
  socket_.write(Frame::on_shard, bytes);
}

void PluginHost::log(std::uint32_t level, trellis_view text, const trellis_pair* fields, std::uint32_t count) {
  if (!logs(level)) return;
  Encoder out;
  out(level);
  out(text);
  out(fields, count);
  socket_.try_write(Frame::log, out.bytes());
}

trellis_metric PluginHost::declare(std::uint32_t type, trellis_view name, trellis_view labels, trellis_view help) {
  const auto known = type == TRELLIS_METRIC_GAUGE       ? runtime::MetricType::gauge
                     : type == TRELLIS_METRIC_HISTOGRAM ? runtime::MetricType::histogram
                                                        : runtime::MetricType::counter;
  const std::lock_guard lock(metrics_mutex_);
  const trellis_metric id = metrics_.declare(known, text_of(name), text_of(labels), text_of(help));
  if (id == 0 || std::ranges::find(told_, id, &Told::id) != told_.end()) return id;
  told_.push_back({id, metrics_.read(id)});
  Encoder out;
  out(id);
  out(type);
  out(name);
  out(labels);
  out(help);
  socket_.write(Frame::declare, out.bytes());
  return id;
}

// Counting costs the plugin what it costs in the broker: sums are compared now and then.
void PluginHost::tell_amounts() {
  Encoder list;
  std::uint32_t count = 0;
  const std::lock_guard lock(metrics_mutex_);
  for (Told& told : told_) {
    const std::int64_t now = metrics_.read(told.id);
    const std::int64_t amount = now - std::exchange(told.amount, now);
    if (amount == 0) continue;
    ++count;
    list(told.id);
    list(amount);
  }
  if (count == 0) return;
  Encoder out;
  out(count);
  std::string bytes(out.bytes());
  bytes.append(list.bytes());
  socket_.write(Frame::metrics, bytes);
}

}  // namespace trellis::isolation
