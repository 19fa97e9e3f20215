#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <trellis/runtime/metrics.hpp>
#include <tuple>
#include <utility>

namespace trellis::runtime {
namespace {

bool valid_name(std::string_view name) noexcept {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Cuts le="…" off the end of labels; empty where it is not there.
std::string take_bound(std::string& labels) {
  const std::size_t last = labels.rfind(',') == std::string::npos ? 0 : labels.rfind(',') + 1;
  if (labels.compare(last, 4, "le=\"") != 0) return {};
  std::string bound = labels.substr(last);
  labels.resize(last == 0 ? 0 : last - 1);
  return bound;
}

std::string in_braces(const std::string& labels) { return labels.empty() ? "" : "{" + labels + "}"; }

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
  std::string rest(labels);
  std::string bound = type == MetricType::histogram ? take_bound(rest) : "";
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    const Entry& known = entries_[i];
    if (known.name == name && known.labels == rest && known.bound == bound) return static_cast<MetricId>(i);
  }
  if (entries_.size() >= MetricCells::kCapacity) return 0;
  entries_.push_back({type, std::string(name), std::move(rest), std::string(help), std::move(bound)});
  return static_cast<MetricId>(entries_.size() - 1);
}

std::int64_t Metrics::read(MetricId id) const noexcept {
  if (id == 0 || id >= MetricCells::kCapacity) return 0;
  std::int64_t sum = shared_.read(id);
  for (const auto& cells : cells_) sum += cells->read(id);
  return sum;
}

std::string Metrics::render() const {
  static constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> order(entries_.size() - 1);
  std::iota(order.begin(), order.end(), 1);
  // Bounds of a histogram stay in the order they were declared in.
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return std::tie(entries_[a].name, entries_[a].labels) < std::tie(entries_[b].name, entries_[b].labels);
  });
  std::string out;
  std::string_view family;
  for (std::size_t at = 0; at < order.size();) {
    const Entry& entry = entries_[order[at]];
    if (entry.name != family) {
      family = entry.name;
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", entry.name, entry.help, entry.name,
                         kTypes[static_cast<std::size_t>(entry.type) - 1]);
    }
    std::vector<std::size_t> parts;
    const auto same = [&](const Entry& other) { return other.name == entry.name && other.labels == entry.labels; };
    while (at < order.size() && same(entries_[order[at]])) parts.push_back(order[at++]);
    out += samples(parts);
  }
  return out;
}

// Of one name with the same labels: all parts of a histogram, otherwise one value.
std::string Metrics::samples(const std::vector<std::size_t>& parts) const {
  const Entry& entry = entries_[parts.front()];
  const std::string labels = in_braces(entry.labels);
  if (entry.type != MetricType::histogram)
    return fmt::format("{}{} {}\n", entry.name, labels, read(static_cast<MetricId>(parts.front())));
  std::string out;
  std::int64_t count = 0;
  std::int64_t sum = 0;
  for (const std::size_t part : parts) {
    const std::string& bound = entries_[part].bound;
    (bound.empty() ? sum : count) += read(static_cast<MetricId>(part));
    if (bound.empty()) continue;
    const std::string all = entry.labels.empty() ? bound : entry.labels + "," + bound;
    out += fmt::format("{}_bucket{} {}\n", entry.name, in_braces(all), count);
  }
  // The last bound is +Inf, so that the values below it are all.
  return out + fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", entry.name, labels, sum, count);
}

}  // namespace trellis::runtime
