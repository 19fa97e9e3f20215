#include <trellis/connections/connection.hpp>
#include <trellis/connections/layers.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::connections {
namespace {

const trellis_layer_io kIo = {
    sizeof(trellis_layer_io),
    [](trellis_connection* connection, const void* data, std::size_t size) {
      Connection::of(connection).layers()->up(data, size);
    },
    [](trellis_connection* connection, const void* data, std::size_t size) {
      Connection::of(connection).layers()->down(data, size);
    },
    [](trellis_connection* connection) { Connection::of(connection).layers()->ready(); },
};

}  // namespace

bool LayerStack::extend(const std::vector<LayerBinding>& bindings) {
  const std::size_t here = current_;
  for (std::size_t i = entries_.size(); i < bindings.size(); ++i) {
    current_ = i;
    void* user = bindings[i].table->on_open(bindings[i].shard_state, connection_, &kIo);
    if (user == nullptr) return false;
    entries_.push_back({bindings[i], user});
  }
  current_ = here;
  return true;
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

bool LayerStack::input(std::size_t first, const void* data, std::size_t size) {
  const std::size_t here = std::exchange(current_, first);
  const Entry entry = entries_[first];
  if (!entry.binding.table->on_input(entry.binding.shard_state, entry.user, data, size)) failed_ = true;
  current_ = here;
  return !failed_;
}

void LayerStack::up(const void* data, std::size_t size) {
  if (failed_) return;
  if (current_ + 1 == entries_.size()) {
    connection_->plain_input(data, size);
  } else {
    input(current_ + 1, data, size);
  }
}

bool LayerStack::output(std::size_t most) {
  iovec pieces[16];
  while (most > 0 && !failed_) {
    const int count = plain.gather(pieces, 16, most);
    std::size_t taken = 0;
    for (int i = 0; i < count && !failed_; ++i) {
      current_ = entries_.size();
      down(pieces[i].iov_base, pieces[i].iov_len);
      taken += pieces[i].iov_len;
    }
    plain.consume(taken);
    most -= taken;
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

void LayerStack::ready() {
  if (!failed_ && current_ + 1 == entries_.size()) connection_->layers_ready();
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

std::string_view LayerStack::fact_of(const Entry& entry, std::string_view name) {
  const LayerBinding& binding = entry.binding;
  if (binding.table->fact == nullptr) return {};
  return text_of(binding.table->fact(binding.shard_state, entry.user, view_of(name)));
}

std::string_view LayerStack::fact(std::string_view name) const {
  std::string_view known;
  for (std::size_t i = entries_.size(); known.empty() && i-- > 0;) known = fact_of(entries_[i], name);
  return known;
}

std::string_view LayerStack::client_chain(bool& verified) const {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    verified = !fact_of(entries_[i], TRELLIS_FACT_CLIENT_VERIFIED).empty();
    const std::string_view chain = fact_of(entries_[i], TRELLIS_FACT_CLIENT_CHAIN);
    if (!chain.empty()) return chain;
  }
  return {};
}

std::string_view LayerStack::host() const {
  for (const Entry& entry : entries_) {
    const std::string_view known = fact_of(entry, TRELLIS_FACT_HOST);
    if (!known.empty() || (entry.binding.table->flags & TRELLIS_LAYER_SECURE) != 0) return known;
  }
  return {};
}

bool LayerStack::look() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const LayerBinding& binding = entries_[i].binding;
    current_ = i;
    if (binding.table->on_look != nullptr && !binding.table->on_look(binding.shard_state, entries_[i].user))
      return false;
  }
  return true;
}

bool LayerStack::secure() const noexcept {
  for (const Entry& entry : entries_) {
    if ((entry.binding.table->flags & TRELLIS_LAYER_SECURE) != 0) return true;
  }
  return false;
}

}  // namespace trellis::connections
