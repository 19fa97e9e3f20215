// The kernel as a plugin sees it: log, metrics, namespaces, posting to shards.
#pragma once

#include <trellis/abi/host.h>
#include <trellis/abi/plugin.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/tables.hpp>
#include <trellis/view.hpp>
#include <utility>
#include <vector>

namespace trellis {

class Shard;

enum class Level : std::uint32_t {
  trace = TRELLIS_LOG_TRACE,
  debug = TRELLIS_LOG_DEBUG,
  info = TRELLIS_LOG_INFO,
  warn = TRELLIS_LOG_WARN,
  error = TRELLIS_LOG_ERROR,
};

/// A named value of a log line. Text is borrowed, numbers are written into the field itself.
class Field {
 public:
  Field() = default;
  Field(std::string_view name, std::string_view value) : name_(name), text_(value) {}
  Field(std::string_view name, const char* value) : name_(name), text_(value) {}
  Field(std::string_view name, const std::string& value) : name_(name), text_(value) {}
  Field(std::string_view name, bool value) : name_(name), text_(value ? "true" : "false") {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Field(std::string_view name, T value) : name_(name) {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr;
    digit_count_ = static_cast<std::size_t>(end - digits_.data());
  }

  trellis_pair pair() const noexcept {
    return {view(name_), digit_count_ > 0 ? view({digits_.data(), digit_count_}) : view(text_)};
  }

 private:
  std::string_view name_;
  std::string_view text_;
  std::array<char, 24> digits_{};
  std::size_t digit_count_ = 0;
};

/// A counter or gauge of the broker's metrics. Cheap to copy; a default one counts nothing.
class Metric {
 public:
  Metric() = default;
  Metric(trellis_host* host, const trellis_host_metrics* table, trellis_metric metric) noexcept
      : host_(host), table_(table), metric_(metric) {}

  /// Adds on the message path: no lock. [shard]
  void add(const Shard& shard, std::int64_t amount = 1) const noexcept;
  void add(trellis_shard* shard, std::int64_t amount = 1) const noexcept {
    if (metric_ != 0) table_->add(shard, metric_, amount);
  }
  /// Adds from any thread; slower. [any]
  void add_any(std::int64_t amount = 1) const noexcept {
    if (metric_ != 0) table_->add_any(host_, metric_, amount);
  }
  /// The sum over all shards. [any]
  std::int64_t read() const noexcept { return metric_ != 0 ? table_->read(host_, metric_) : 0; }
  trellis_metric handle() const noexcept { return metric_; }

 private:
  trellis_host* host_ = nullptr;
  const trellis_host_metrics* table_ = nullptr;
  trellis_metric metric_ = 0;
};

/// How whole numbers are distributed: latencies, sizes. Default-made it counts nothing.
class Histogram {
 public:
  Histogram() = default;
  /// buckets: one for each bound, and one for what is above the last.
  Histogram(std::vector<std::int64_t> bounds, std::vector<Metric> buckets, Metric sum) noexcept
      : bounds_(std::move(bounds)), buckets_(std::move(buckets)), sum_(sum) {}

  /// Counts one value, which is not negative. No lock. [shard]
  void add(const Shard& shard, std::int64_t value) const noexcept {
    if (buckets_.empty()) return;
    const auto above = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    buckets_[static_cast<std::size_t>(above - bounds_.begin())].add(shard);
    sum_.add(shard, value);
  }

 private:
  std::vector<std::int64_t> bounds_;  // ascending; a value that is equal is within
  std::vector<Metric> buckets_;
  Metric sum_;
};

/// A namespace of the configuration, as far as a plugin may know it.
struct Namespace {
  std::uint32_t index = 0;
  std::string_view name;
  std::string_view config_json;  // this plugin's block of it, empty without a namespace_schema

  Result<Config> config() const { return Config::parse(config_json.empty() ? "{}" : config_json); }
};

/// The kernel for one plugin instance. Copies are cheap and mean the same. Functions whose table this kernel does not
/// offer do nothing; name tables you cannot do without in PluginInfo::wants.
class Host {
 public:
  Host() = default;
  Host(trellis_host* host, const trellis_host_table* table) noexcept : host_(host), table_(table) {
    find(log_);
    find(metrics_);
    find(loop_);
    find(namespaces_);
  }

  /// Any table of the contract by its type, for what has no function here: host().table<trellis_host_publish>().
  /// Null where this kernel does not offer it. [any]
  template <class Table>
  const Table* table() const noexcept {
    if (table_ == nullptr) return nullptr;
    return static_cast<const Table*>(table_->get_table(host_, view(kTableId<Table>)));
  }

  // --- log [any]

  /// Ask before preparing fields that cost something.
  bool logs(Level level) const noexcept {
    return log_ != nullptr && log_->enabled(host_, static_cast<std::uint32_t>(level));
  }
  /// Writes a sentence and fields: host().log(Level::info, "file read again", {{"path", path}, {"users", 12}}).
  void log(Level level, std::string_view sentence, std::initializer_list<Field> fields = {}) const noexcept {
    static constexpr std::size_t kMostFields = 16;
    if (!logs(level)) return;
    std::array<trellis_pair, kMostFields> pairs{};
    std::uint32_t count = 0;
    for (const Field& field : fields) {
      if (count < kMostFields) pairs[count++] = field.pair();
    }
    log_->write(host_, static_cast<std::uint32_t>(level), view(sentence), pairs.data(), count);
  }

  // --- metrics: declare in start(), add where things happen [control]

  /// A number that only grows; the name ends in _total. labels is Prometheus text without braces.
  Metric counter(std::string_view name, std::string_view help, std::string_view labels = {}) const noexcept {
    return declare(TRELLIS_METRIC_COUNTER, name, help, labels);
  }
  /// A number that goes up and down.
  Metric gauge(std::string_view name, std::string_view help, std::string_view labels = {}) const noexcept {
    return declare(TRELLIS_METRIC_GAUGE, name, help, labels);
  }
  /// Whole numbers by size. bounds: ascending; what is above the last one is counted, too. The name ends in the unit.
  Histogram histogram(std::string_view name, std::string_view help, std::vector<std::int64_t> bounds,
                      std::string_view labels = {}) const {
    std::vector<Metric> buckets;
    const std::string front = labels.empty() ? std::string() : std::string(labels) + ',';
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
      const std::string bound = i < bounds.size() ? std::to_string(bounds[i]) : "+Inf";
      buckets.push_back(declare(TRELLIS_METRIC_HISTOGRAM, name, help, front + "le=\"" + bound + '"'));
    }
    return {std::move(bounds), std::move(buckets), declare(TRELLIS_METRIC_HISTOGRAM, name, help, labels)};
  }
  /// All metrics of the broker as Prometheus text. [any]
  std::string render_metrics() const {
    std::string out;
    if (metrics_ == nullptr) return out;
    metrics_->render(host_, &out,
                     [](void* user, trellis_view piece) { *static_cast<std::string*>(user) += text(piece); });
    return out;
  }
  /// Whether the broker takes traffic; otherwise why not. [any]
  Result<void> ready() const {
    trellis_error error{sizeof(trellis_error), 0, {}};
    if (metrics_ == nullptr || metrics_->ready(host_, &error) == TRELLIS_OK) return {};
    return fail({error.text, error.size}, Status::unavailable);
  }

  // --- shards [any]

  std::uint32_t shard_count() const noexcept { return loop_ != nullptr ? loop_->shard_count(host_) : 0; }

  /// Runs function() on a shard's thread, in the order posted by this thread. False once that shard is gone; then
  /// the function is thrown away without being called.
  template <std::invocable Function>
  bool post(std::uint32_t shard_index, Function function) const {
    if (loop_ == nullptr) return false;
    auto posted = std::make_unique<Function>(std::move(function));
    const bool taken = loop_->post(
        host_, shard_index,
        [](void* user) {
          const std::unique_ptr<Function> mine(static_cast<Function*>(user));
          (*mine)();
        },
        posted.get());
    if (taken) (void)posted.release();  // the kernel calls it now, exactly once
    return taken;
  }

  // --- namespaces [any, configured…]

  std::uint32_t namespace_count() const noexcept { return namespaces_ != nullptr ? namespaces_->count(host_) : 0; }
  Namespace name_space(std::uint32_t index) const noexcept {
    if (namespaces_ == nullptr) return {};
    return {index, text(namespaces_->name(host_, index)), text(namespaces_->config(host_, index))};
  }

  trellis_host* handle() const noexcept { return host_; }
  const trellis_host_loop* loop() const noexcept { return loop_; }

 private:
  template <class Table>
  void find(const Table*& slot) noexcept {
    slot = table<Table>();
  }

  Metric declare(std::uint32_t type, std::string_view name, std::string_view help,
                 std::string_view labels) const noexcept {
    if (metrics_ == nullptr) return {};
    return {host_, metrics_, metrics_->declare(host_, type, view(name), view(labels), view(help))};
  }

  trellis_host* host_ = nullptr;
  const trellis_host_table* table_ = nullptr;
  const trellis_host_log* log_ = nullptr;
  const trellis_host_metrics* metrics_ = nullptr;
  const trellis_host_loop* loop_ = nullptr;
  const trellis_host_namespace* namespaces_ = nullptr;
};

}  // namespace trellis
