#include <trellis/abi/borrow.h>
#include <trellis/abi/domain.h>
#include <trellis/abi/resource.h>

#include <algorithm>
#include <cstring>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::hosting {

using namespace runtime;

namespace {

// Handles name shards; timers are found by their index.
std::vector<PluginTimers*> shard_timers;

Shard& shard_of(trellis_shard* handle) { return *static_cast<Shard*>(handle); }
const Shard& shard_of(const trellis_shard* handle) { return *static_cast<const Shard*>(handle); }

// ---- log

bool log_enabled(trellis_host* host, std::uint32_t level) {
  return log::enabled(Instance::of(host).name(), static_cast<log::Level>(level));
}

void log_write(trellis_host* host, std::uint32_t level, trellis_view text, const trellis_pair* fields,
               std::uint32_t count) {
  const Instance& instance = Instance::of(host);
  std::vector<std::string> values;
  for (std::uint32_t i = 0; i < count; ++i) values.push_back(instance.concealed(text_of(fields[i].value)));
  std::vector<log::Field> list;
  for (std::uint32_t i = 0; i < count; ++i) list.push_back({text_of(fields[i].name), values[i]});
  const auto known = std::clamp<std::uint32_t>(level, TRELLIS_LOG_TRACE, TRELLIS_LOG_ERROR);
  if (known == TRELLIS_LOG_ERROR) instance.count_error();
  log::write(instance.name(), static_cast<log::Level>(known), instance.concealed(text_of(text)), list.data(),
             list.size());
}

// ---- metrics

Metrics& metrics_of(trellis_host* host) { return *Instance::of(host).services().metrics; }

trellis_metric metric_declare(trellis_host* host, std::uint32_t type, trellis_view name, trellis_view labels,
                              trellis_view help) {
  const auto known = type == TRELLIS_METRIC_GAUGE       ? MetricType::gauge
                     : type == TRELLIS_METRIC_HISTOGRAM ? MetricType::histogram
                                                        : MetricType::counter;
  return metrics_of(host).declare(known, text_of(name), text_of(labels), text_of(help));
}

void metric_add(trellis_shard* shard, trellis_metric metric, std::int64_t amount) {
  if (metric < MetricCells::kCapacity) shard_of(shard).count(metric, amount);
}

void metric_add_any(trellis_host* host, trellis_metric metric, std::int64_t amount) {
  if (metric < MetricCells::kCapacity) metrics_of(host).add_any(metric, amount);
}

std::int64_t metric_read(trellis_host* host, trellis_metric metric) { return metrics_of(host).read(metric); }

void metric_render(trellis_host* host, void* user, void (*sink)(void* user, trellis_view piece)) {
  const std::string text = metrics_of(host).render();
  sink(user, view_of(text));
}

trellis_status metric_ready(trellis_host* host, trellis_error* error) {
  const char* const why_not = Instance::of(host).services().health->why_not();
  if (why_not == nullptr) return TRELLIS_OK;
  set_error(error, why_not);
  return TRELLIS_UNAVAILABLE;
}

// ---- loop

std::uint32_t loop_shard_count(trellis_host* host) {
  return static_cast<std::uint32_t>(Instance::of(host).services().shards.size());
}
std::uint32_t loop_shard_index(const trellis_shard* shard) { return shard_of(shard).index(); }
std::uint64_t loop_now_ms(const trellis_shard* shard) { return shard_of(shard).now_ms(); }
std::int64_t loop_wall_ms(const trellis_shard* shard) { return shard_of(shard).wall_ms(); }

trellis_token loop_start_timer(trellis_shard* shard, std::uint64_t delay_ms, trellis_timer_fn function, void* user) {
  return shard_timers[shard_of(shard).index()]->add(delay_ms, {function, user});
}

bool loop_cancel_timer(trellis_shard* shard, trellis_token timer) {
  return shard_timers[shard_of(shard).index()]->take(timer).has_value();
}

class PostedCall final : public MailItem {
 public:
  PostedCall(trellis_post_fn function, void* user) noexcept : function_(function), user_(user) {}
  void run() override {
    const std::unique_ptr<PostedCall> self(this);
    function_(user_);
  }

 private:
  trellis_post_fn function_;
  void* user_;
};

bool loop_post(trellis_host* host, std::uint32_t shard_index, trellis_post_fn function, void* user) {
  const auto& shards = Instance::of(host).services().shards;
  if (shard_index >= shards.size()) return false;
  shards[shard_index]->post(new PostedCall(function, user));
  return true;
}

trellis_shard* loop_current_shard(trellis_host*) { return Shard::current(); }

// ---- namespaces

std::uint32_t namespace_count(trellis_host* host) {
  return static_cast<std::uint32_t>(Instance::of(host).namespaces().size());
}

trellis_view namespace_name(trellis_host* host, std::uint32_t index) {
  const auto& all = Instance::of(host).namespaces();
  return index < all.size() ? view_of(all[index].name) : trellis_view{nullptr, 0};
}

trellis_view namespace_config(trellis_host* host, std::uint32_t index) {
  const auto& all = Instance::of(host).namespaces();
  return index < all.size() ? view_of(all[index].config) : trellis_view{nullptr, 0};
}

// ---- domains

void domain_list(trellis_host* host, void* user, void (*sink)(void* user, const trellis_domain* domain)) {
  for (const auto& one : Instance::of(host).services().domains->all()) {
    trellis_domain domain{};
    domain.struct_size = sizeof domain;
    domain.state = one->host        ? TRELLIS_DOMAIN_HOST
                   : one->unchecked ? TRELLIS_DOMAIN_UNCHECKED
                   : one->approved  ? TRELLIS_DOMAIN_APPROVED
                                    : TRELLIS_DOMAIN_PENDING;
    domain.name = view_of(one->name);
    domain.name_space = view_of(one->name_space);
    sink(user, &domain);
  }
}

bool domain_set_approved(trellis_host* host, trellis_view name, bool approved) {
  const auto domain = Instance::of(host).services().domains->find(text_of(name));
  if (domain != nullptr && !domain->host && !domain->unchecked) domain->approved = approved;
  return domain != nullptr;
}

constexpr trellis_host_domain kDomain{sizeof(trellis_host_domain), &domain_list, &domain_set_approved};
constexpr trellis_host_log kLog{sizeof(trellis_host_log), &log_enabled, &log_write};
constexpr trellis_host_metrics kMetrics{sizeof(trellis_host_metrics),
                                        &metric_declare,
                                        &metric_add,
                                        &metric_add_any,
                                        &metric_read,
                                        &metric_render,
                                        &metric_ready};
constexpr trellis_host_loop kLoop{
    sizeof(trellis_host_loop), &loop_shard_count,  &loop_shard_index, &loop_now_ms,       &loop_wall_ms,
    &loop_start_timer,         &loop_cancel_timer, &loop_post,        &loop_current_shard};
constexpr trellis_host_namespace kNamespace{sizeof(trellis_host_namespace), &namespace_count, &namespace_name,
                                            &namespace_config};
}  // namespace

void set_error(trellis_error* error, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), sizeof error->text);
  std::memcpy(error->text, text.data(), size);
  error->size = static_cast<std::uint32_t>(size);
}

void add_basic_tables(HostServices& services, std::vector<PluginTimers*> timers) {
  shard_timers = std::move(timers);
  services.tables[TRELLIS_HOST_BACKUP] = backup_table();
  services.tables[TRELLIS_HOST_BORROW] = borrow_table();
  services.tables[TRELLIS_HOST_DOMAIN] = &kDomain;
  services.tables[TRELLIS_HOST_LOG] = &kLog;
  services.tables[TRELLIS_HOST_RESOURCES] = resource_table();
  services.tables[TRELLIS_HOST_METRICS] = &kMetrics;
  services.tables[TRELLIS_HOST_LOOP] = &kLoop;
  services.tables[TRELLIS_HOST_NAMESPACE] = &kNamespace;
}

}  // namespace trellis::hosting
