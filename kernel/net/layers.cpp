#include "net/layers.hpp"

#include "net/connection.hpp"

namespace trellis::kernel {
namespace {

const trellis_layer_io kIo = {
    sizeof(trellis_layer_io),
    [](trellis_connection* connection, const void* data, std::size_t size) {
      Connection::of(connection).layers()->up(data, size);
    },
    [](trellis_connection* connection, const void* data, std::size_t size) {
      Connection::of(connection).layers()->down(data, size);
    },
};

}  // namespace

std::unique_ptr<LayerStack> LayerStack::open(Connection& connection, const std::vector<LayerBinding>& bindings) {
  std::unique_ptr<LayerStack> stack(new LayerStack);
  stack->connection_ = &connection;
  for (const LayerBinding& binding : bindings) {
    stack->current_ = stack->entries_.size();
    void* user = binding.table->on_open(binding.shard_state, &connection, &kIo);
    if (user == nullptr) return nullptr;
    stack->entries_.push_back({binding, user});
  }
  return stack;
}

LayerStack::~LayerStack() {
  for (const Entry& entry : entries_) entry.binding.table->on_close(entry.binding.shard_state, entry.user);
}

void LayerStack::rebind(Connection& connection, const std::vector<LayerBinding>& bindings) noexcept {
  connection_ = &connection;
  for (std::size_t i = 0; i < entries_.size() && i < bindings.size(); ++i) {
    entries_[i].binding = bindings[i];
    const trellis_layer& table = *bindings[i].table;
    if (table.on_move != nullptr) table.on_move(bindings[i].shard_state, entries_[i].user, &connection);
  }
}

bool LayerStack::input(const void* data, std::size_t size) {
  current_ = 0;
  const Entry& entry = entries_[0];
  if (!entry.binding.table->on_input(entry.binding.shard_state, entry.user, data, size)) failed_ = true;
  return !failed_;
}

void LayerStack::up(const void* data, std::size_t size) {
  if (failed_) return;
  if (current_ + 1 == entries_.size()) {
    connection_->plain_input(data, size);
    return;
  }
  const std::size_t here = current_++;
  const Entry& entry = entries_[current_];
  if (!entry.binding.table->on_input(entry.binding.shard_state, entry.user, data, size)) failed_ = true;
  current_ = here;
}

bool LayerStack::output() {
  iovec pieces[16];
  while (!plain.empty() && !failed_) {
    const int count = plain.gather(pieces, 16);
    std::size_t taken = 0;
    for (int i = 0; i < count && !failed_; ++i) {
      current_ = entries_.size();
      down(pieces[i].iov_base, pieces[i].iov_len);
      taken += pieces[i].iov_len;
    }
    plain.consume(taken);
  }
  return !failed_;
}

void LayerStack::down(const void* data, std::size_t size) {
  if (failed_) return;
  if (current_ == 0) {
    connection_->encoded_output(data, size);
    return;
  }
  const std::size_t here = current_--;
  const Entry& entry = entries_[current_];
  if (!entry.binding.table->on_output(entry.binding.shard_state, entry.user, data, size)) failed_ = true;
  current_ = here;
}

void LayerStack::shutdown() {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    const Entry& entry = entries_[i];
    current_ = i;
    if (entry.binding.table->on_shutdown != nullptr) {
      entry.binding.table->on_shutdown(entry.binding.shard_state, entry.user);
    }
  }
}

bool LayerStack::secure() const noexcept {
  for (const Entry& entry : entries_) {
    if ((entry.binding.table->flags & TRELLIS_LAYER_SECURE) != 0) return true;
  }
  return false;
}

}  // namespace trellis::kernel
