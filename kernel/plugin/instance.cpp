#include "plugin/instance.hpp"

#include <fmt/format.h>

#include <trellis/schema/descriptor.hpp>

#include "message/message.hpp"
#include "observe/log.hpp"

struct trellis_host {
  trellis::kernel::Instance* instance;
};

namespace trellis::kernel {
namespace {

const void* host_table(trellis_host* host, trellis_view id) {
  const auto& tables = Instance::of(host).services().tables;
  const auto found = tables.find(text_of(id));
  return found == tables.end() ? nullptr : found->second;
}

const trellis_host_table kHostTable{sizeof kHostTable, &host_table};

trellis_error fresh_error() {
  trellis_error error{};
  error.struct_size = sizeof error;
  return error;
}

}  // namespace

struct Instance::Handle : trellis_host {};

Instance& Instance::of(trellis_host* host) noexcept { return *host->instance; }

trellis_host* Instance::host() noexcept { return handle_.get(); }

Instance::Instance(std::shared_ptr<const Library> library, std::string name, const HostServices& services)
    : library_(std::move(library)), name_(std::move(name)), services_(services), handle_(std::make_unique<Handle>()) {
  handle_->instance = this;
}

std::string Instance::failure(const char* what, const trellis_error& error) const {
  const std::size_t size = std::min<std::size_t>(error.size, sizeof error.text);
  const std::string text = size == 0 ? "it gave no reason" : std::string(error.text, size);
  return fmt::format("plugin '{}' {}: {}", name_, what, text);
}

std::shared_ptr<Instance> Instance::create(std::shared_ptr<const Library> library, std::string name,
                                           const HostServices& services, std::string& error) {
  const trellis_descriptor& descriptor = library->descriptor();
  for (std::uint32_t i = 0; i < descriptor.wants_count; ++i) {
    const std::string_view wanted = text_of(descriptor.wants[i]);
    if (services.tables.find(wanted) != services.tables.end()) continue;
    error = fmt::format("plugin '{}' wants '{}', which this broker does not offer; update the broker", name, wanted);
    return nullptr;
  }
  std::shared_ptr<Instance> made(new Instance(std::move(library), std::move(name), services));
  trellis_error problem = fresh_error();
  const trellis_plugin& entry = made->library_->entry();
  const trellis_status status = entry.create(made->host(), &kHostTable, &made->instance_, &problem);
  if (status != TRELLIS_OK || made->instance_ == nullptr) {
    error = status == TRELLIS_OK
                ? fmt::format("plugin '{}' misbehaved: create() succeeded without an instance", made->name_)
                : made->failure("could not be created", problem);
    made->instance_ = nullptr;
    return nullptr;
  }
  const std::string_view table = schema::kind_table(made->kind());
  if (made->raw_table(table) == nullptr) {
    error = fmt::format("plugin '{}' is of kind {} but has no table {}", made->name_, schema::kind_name(made->kind()),
                        table);
    return nullptr;
  }
  return made;
}

Instance::~Instance() {
  if (instance_ == nullptr) return;
  const trellis_plugin& entry = library_->entry();
  entry.stop(instance_);
  entry.destroy(instance_);
}

bool Instance::configure(const std::string& config, std::vector<NamespaceConfig> namespaces, std::string& error) {
  config_ = config;
  namespaces_ = std::move(namespaces);
  trellis_error problem = fresh_error();
  const trellis_status status = library_->entry().configure(instance_, view_of(config_), &problem);
  if (status != TRELLIS_OK) error = failure("refuses its configuration", problem);
  return status == TRELLIS_OK;
}

bool Instance::start(std::string& error) {
  shard_states_.assign(services_.shards.size(), nullptr);
  trellis_error problem = fresh_error();
  const trellis_status status = library_->entry().start(instance_, &problem);
  if (status != TRELLIS_OK) error = failure("could not start", problem);
  return status == TRELLIS_OK;
}

void Instance::drain(std::uint64_t deadline_ms) {
  if (library_->entry().drain != nullptr) library_->entry().drain(instance_, deadline_ms);
}

void Instance::stop() { library_->entry().stop(instance_); }

bool Instance::open_shard(Shard& shard, std::string& error) {
  const trellis_plugin& entry = library_->entry();
  void* state = entry.shard_open == nullptr ? instance_ : entry.shard_open(instance_, &shard, shard.index());
  shard_states_[shard.index()] = state;
  if (state == nullptr) error = fmt::format("plugin '{}' could not start on shard {}", name_, shard.index());
  return state != nullptr;
}

void Instance::close_shard(Shard& shard) {
  void*& state = shard_states_[shard.index()];
  if (state != nullptr && library_->entry().shard_close != nullptr && library_->entry().shard_open != nullptr) {
    library_->entry().shard_close(state);
  }
  state = nullptr;
}

const void* Instance::raw_table(std::string_view id) const {
  return library_->entry().get_table(instance_, view_of(id));
}

}  // namespace trellis::kernel
