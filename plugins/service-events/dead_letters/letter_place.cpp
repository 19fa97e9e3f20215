#include "letter_place.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include "common/http/target.hpp"
#include "letter_id.hpp"

namespace events_service {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kLevels = 4;  // year, month, day, hour
using Hour = std::array<std::int64_t, kLevels>;

Hour hour_of(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
          duration_cast<hours>(time - day).count()};
}

std::string hour_path(const Hour& hour) {
  std::string path;
  for (const std::int64_t number : hour) path += '/' + std::to_string(number);
  return path;
}

trellis::Result<std::vector<std::int64_t>> numbers_of(const trellis::Result<std::vector<std::string>>& names) {
  if (!names) return names.error();
  std::vector<std::int64_t> numbers;
  for (const std::string& name : names.value()) {
    std::int64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && std::to_string(number) == name) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

// Walks years, months, days and hours, then files, in their order.
class Walk {
 public:
  using Names = std::function<trellis::Result<std::vector<std::string>>(const std::string& path)>;

  Walk(Names names_in, std::string_view from, const std::function<bool(const std::string&)>& function)
      : names_in_(std::move(names_in)), from_(from), function_(function) {
    if (const auto time = time_of_letter_id(from)) first_ = hour_of(*time);
  }

  trellis::Result<void> run(const std::string& path, std::size_t level, bool at_first) {
    if (level == kLevels) return files(path);
    const auto numbers = numbers_of(names_in_(path));
    if (!numbers) return numbers.error();
    for (const std::int64_t number : numbers.value()) {
      if (over_) break;
      if (at_first && number < first_[level]) continue;
      auto walked = run(path + '/' + std::to_string(number), level + 1, at_first && number == first_[level]);
      if (!walked) return walked;
    }
    return trellis::ok();
  }

 private:
  trellis::Result<void> files(const std::string& path) {
    auto names = names_in_(path);
    if (!names) return names.error();
    std::ranges::sort(names.value());
    for (const std::string& name : names.value()) {
      if (!name.ends_with(kSuffix)) continue;
      const std::string id = name.substr(0, name.size() - kSuffix.size());
      if (!time_of_letter_id(id) || id < from_) continue;
      over_ = !function_(id);
      if (over_) break;
    }
    return trellis::ok();
  }

  const Names names_in_;
  std::string_view from_;
  const std::function<bool(const std::string&)>& function_;
  Hour first_{};
  bool over_ = false;
};

}  // namespace

std::string path_part(std::string_view name) { return trellis::http::percent_encode(name, "-_"); }

std::optional<std::string> letter_path(std::string_view folder, std::string_view id) {
  const auto time = time_of_letter_id(id);
  if (!time) return std::nullopt;
  return std::string(folder) + hour_path(hour_of(*time)) + '/' + std::string(id) + std::string(kSuffix);
}

trellis::Result<void> LetterPlace::for_each(std::string_view folder, std::string_view from,
                                            const std::function<bool(const std::string&)>& function) const {
  return Walk([this](const std::string& path) { return names_in(path); }, from, function)
      .run(std::string(folder), 0, !from.empty());
}

}  // namespace events_service
