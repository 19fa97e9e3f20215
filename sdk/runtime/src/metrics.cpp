#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <trellis/runtime/metrics.hpp>

namespace trellis::runtime {
namespace {

bool valid_name(std::string_view name) noexcept {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

std::string metric_label(std::string_view key, std::string_view value) {
  std::string label(key);
  label += "=\"";
  for (const char c : value) {
    if (c == '\n') {
      label += "\\n";
    } else {
      if (c == '"' || c == '\\') label += '\\';
      label += c;
    }
  }
  return label += '"';
}

void Metrics::add_shards(std::size_t shards) {
  for (std::size_t i = 0; i < shards; ++i) cells_.push_back(std::make_unique<MetricCells>());
}

MetricId Metrics::declare(MetricType type, std::string_view name, std::string_view labels, std::string_view help) {
  if (!valid_name(name)) return 0;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].name == name && entries_[i].labels == labels) return static_cast<MetricId>(i);
  }
  if (entries_.size() >= MetricCells::kCapacity) return 0;
  entries_.push_back({type, std::string(name), std::string(labels), std::string(help)});
  return static_cast<MetricId>(entries_.size() - 1);
}

std::int64_t Metrics::read(MetricId id) const noexcept {
  if (id == 0 || id >= MetricCells::kCapacity) return 0;
  std::int64_t sum = shared_.read(id);
  for (const auto& cells : cells_) sum += cells->read(id);
  return sum;
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> order(entries_.size() - 1);
  std::iota(order.begin(), order.end(), 1);
  std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return std::tie(entries_[a].name, entries_[a].labels) < std::tie(entries_[b].name, entries_[b].labels);
  });
  std::string out;
  std::string_view family;
  for (const std::size_t i : order) {
    const Entry& entry = entries_[i];
    if (entry.name != family) {
      family = entry.name;
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", entry.name, entry.help, entry.name,
                         entry.type == MetricType::counter ? "counter" : "gauge");
    }
    const std::string labels = entry.labels.empty() ? "" : "{" + entry.labels + "}";
    out += fmt::format("{}{} {}\n", entry.name, labels, read(static_cast<MetricId>(i)));
  }
  return out;
}

}  // namespace trellis::runtime
