#include "common/events/route.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

namespace events {
namespace {

struct Named {
  std::string_view name;  // in small letters
  std::string_view shown;
  Operation operation;
};
constexpr std::array<Named, 7> kOperations{{{"publish", "publish", Operation::publish},
                                            {"receive", "receive", Operation::receive},
                                            {"acknowledge", "acknowledge", Operation::acknowledge},
                                            {"release", "release", Operation::release},
                                            {"reject", "reject", Operation::reject},
                                            {"renewlock", "renewLock", Operation::renew_lock},
                                            {"redrive", "redrive", Operation::redrive}}};
constexpr std::array<std::uint32_t, 5> kReleaseDelays{0, 10, 60, 600, 3600};
constexpr std::string_view kOperationsOfSubscriptions = "receive, acknowledge, release, reject, renewLock or redrive";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals(std::string_view text, std::string_view small) noexcept {
  return std::ranges::equal(text, small, [](char a, char b) { return lower(a) == b; });
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += plus_is_blank && text[at] == '+' ? ' ' : text[at];
      continue;
    }
    const int high = text.size() - at > 2 ? hex_value(text[at + 1]) : -1;
    const int low = high < 0 ? -1 : hex_value(text[at + 2]);
    if (low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

std::string parameter(std::string_view name) { return "query parameter '" + std::string(name) + '\''; }

Problem wrong(std::string_view name, const std::string& found, const std::string& expected) {
  return problem(400, parameter(name) + ": found " + found + ", expected " + expected, std::string(name));
}

/// Reads one parameter after the other of a query.
class Query {
 public:
  explicit Query(std::string_view text) : text_(text) {}

  // The value of that parameter (small letters); none where it is not there.
  std::optional<Problem> find(std::string_view name, std::string_view shown, std::optional<std::string>& value) const {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
      const std::size_t equal = pair.find('=');
      const auto found = decode(pair.substr(0, equal), true);
      if (!found || !equals(*found, name)) continue;
      if (value) return wrong(shown, "it twice", "it once");
      const std::string_view raw = equal == std::string_view::npos ? std::string_view() : pair.substr(equal + 1);
      value = decode(raw, true);
      if (!value) return wrong(shown, in_quotes(raw), "percent-encoding with two hexadecimal digits");
    }
    return std::nullopt;
  }

  std::optional<Problem> number(std::string_view name, std::string_view shown, std::uint32_t least, std::uint32_t most,
                                std::uint32_t& number) const {
    std::optional<std::string> value;
    if (auto problem = find(name, shown, value)) return problem;
    if (!value) return std::nullopt;
    std::uint32_t read = 0;
    const char* const end = value->data() + value->size();
    const auto result = std::from_chars(value->data(), end, read);
    if (result.ec != std::errc() || result.ptr != end || read < least || read > most) {
      return wrong(shown, in_quotes(*value),
                   "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    number = read;
    return std::nullopt;
  }

 private:
  std::string_view text_;
};

std::optional<Problem> read_release_delay(const Query& query, const RouteRules& rules, Route& route) {
  static constexpr std::string_view kSmall = "releasedelayinseconds";
  static constexpr std::string_view kShown = "releaseDelayInSeconds";
  if (rules.any_release_delay)
    return query.number(kSmall, kShown, 0, rules.most_release_delay_s, route.release_delay_s);
  std::optional<std::string> value;
  if (auto problem = query.find(kSmall, kShown, value)) return problem;
  if (!value) return std::nullopt;
  for (const std::uint32_t delay : kReleaseDelays) {
    if (*value != std::to_string(delay)) continue;
    route.release_delay_s = delay;
    return std::nullopt;
  }
  return wrong(kShown, in_quotes(*value), "one of 0, 10, 60, 600, 3600");
}

std::optional<Problem> read_parameters(const Query& query, const RouteRules& rules, Route& route) {
  std::optional<std::string> version;
  if (auto problem = query.find("api-version", "api-version", version)) return problem;
  const std::string_view first = route.basic ? ApiVersion::kFirstBasic : ApiVersion::kFirst;
  const auto known = version ? ApiVersion::parse(*version, first) : std::nullopt;
  if (!known) {
    return wrong(
        "api-version", version ? in_quotes(*version) : "none",
        route.basic ? "2018-01-01 or a later one" : "a version such as 2024-06-01, 2023-06-01-preview or later");
  }
  route.version = *known;
  if (route.operation == Operation::release) return read_release_delay(query, rules, route);
  if (is_of_dead_letters(route.operation)) {
    route.max_events = rules.most_events;
    if (auto problem = query.number("maxevents", "maxEvents", 1, rules.most_events, route.max_events)) return problem;
    std::optional<std::string> marker;
    if (auto problem = query.find("marker", "marker", marker)) return problem;
    if (marker) route.marker = std::move(*marker);
    return std::nullopt;
  }
  if (route.operation != Operation::receive) return std::nullopt;
  if (auto problem = query.number("maxevents", "maxEvents", 1, rules.most_events, route.max_events)) return problem;
  return query.number("maxwaittime", "maxWaitTime", rules.least_wait_s, rules.most_wait_s, route.max_wait_s);
}

Problem unknown_path(std::string_view path, std::string_view why = {}) {
  std::string sentence = "the path: found " + in_quotes(path);
  if (!why.empty()) sentence.append(" (").append(why).append(")");
  return problem(404, sentence + ", expected /topics/{topic}:publish or /topics/{topic}/eventsubscriptions/{name}:" +
                          "{operation}, which is " + std::string(kOperationsOfSubscriptions) +
                          ", or /topics/{topic}/eventsubscriptions/{name}/deadletters or …/deliveries");
}

// The last `count` segments of the path; what stands before them is left of it.
std::optional<std::vector<std::string_view>> last_segments(std::string_view& path, std::size_t count) {
  std::vector<std::string_view> segments(count);
  for (std::size_t i = count; i > 0; --i) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    segments[i - 1] = path.substr(slash + 1);
    path = path.substr(0, slash);
  }
  return segments;
}

// Reads "/topics/{topic}/eventsubscriptions/{name}"; false where that is not all there is.
bool read_subscription(std::string_view path, Route& route) {
  const auto four = last_segments(path, 4);
  if (!four || !path.empty() || !equals((*four)[0], "topics") || !equals((*four)[2], "eventsubscriptions"))
    return false;
  route.topic = (*four)[1];
  route.subscription = (*four)[3];
  return true;
}

bool read_topic(std::string_view path, Route& route) {
  const auto two = last_segments(path, 2);
  if (!two || !path.empty() || !equals((*two)[0], "topics")) return false;
  route.topic = (*two)[1];
  route.subscription.clear();
  return true;
}

// "/deliveries" behind a subscription.
bool read_deliveries(std::string_view path, Route& route) {
  const auto segment = last_segments(path, 1);
  return segment && equals((*segment)[0], "deliveries") && read_subscription(path, route);
}

// What stands behind a subscription: "/deadletters", and further segments as many as `names` has places.
bool read_dead_letters(std::string_view path, std::span<std::string_view> names, Route& route) {
  const auto segments = last_segments(path, names.size() + 1);
  if (!segments || !equals((*segments)[0], "deadletters")) return false;
  std::ranges::copy(segments->begin() + 1, segments->end(), names.begin());
  return read_subscription(path, route);
}

std::optional<Problem> read_reading(std::string_view path, Route& route) {
  std::array<std::string_view, 2> names;
  if (read_dead_letters(path, {}, route)) {
    route.operation = Operation::list_dead_letters;
  } else if (read_dead_letters(path, names, route)) {
    route.operation = Operation::show_dead_letter;
    route.dead_letter = names[0];
    const char* const end = names[1].data() + names[1].size();
    const auto read = std::from_chars(names[1].data(), end, route.dead_letter_index);
    if (read.ec != std::errc() || read.ptr != end) return unknown_path(path, "a dead letter's index is a number");
    if (names[0].empty()) return unknown_path(path, "a name is empty");
  } else if (read_deliveries(path, route)) {
    route.operation = Operation::show_deliveries;
  } else {
    return unknown_path(path);
  }
  if (route.topic.empty() || route.subscription.empty()) return unknown_path(path, "a name is empty");
  return std::nullopt;
}

// "/api/events" at the end, whether a topic stands before it or not.
bool read_basic(std::string_view path, Route& route) {
  const auto two = last_segments(path, 2);
  if (!two || !equals((*two)[0], "api") || !equals((*two)[1], "events")) return false;
  route.operation = Operation::publish;
  route.basic = true;
  if (read_topic(path, route)) return true;
  route.topic.clear();
  route.subscription.clear();
  return path.empty();
}

std::optional<Problem> read_path(std::string_view path, Route& route) {
  if (read_basic(path, route)) {
    const bool named = path.size() > std::string_view("/api/events").size();
    return named && route.topic.empty() ? std::optional(unknown_path(path, "a name is empty")) : std::nullopt;
  }
  const std::size_t colon = path.rfind(':');
  if (colon == std::string_view::npos || path.find('/', colon) != std::string_view::npos)
    return read_reading(path, route);
  const std::string_view verb = path.substr(colon + 1);
  const std::string_view rest = path.substr(0, colon);
  const auto known = std::ranges::find_if(kOperations, [&](const Named& each) { return equals(verb, each.name); });
  std::array<std::string_view, 1> file;
  const bool of_subscription = read_subscription(rest, route);
  const bool of_letters =
      !of_subscription && (read_dead_letters(rest, {}, route) || read_dead_letters(rest, file, route));
  if (!of_subscription && !of_letters && !read_topic(rest, route)) return unknown_path(path);
  if (route.topic.empty() || ((of_subscription || of_letters) && route.subscription.empty()))
    return unknown_path(path, "a name is empty");
  if (known == kOperations.end()) return unknown_path(path, "no operation has that name");
  route.operation = known->operation;
  if (of_letters) {
    if (known->operation != Operation::redrive) return unknown_path(path, "only redrive is of dead letters");
    route.operation = Operation::redrive_dead_letters;
    route.dead_letter = file[0];
    return std::nullopt;
  }
  if ((known->operation == Operation::publish) == of_subscription) {
    return unknown_path(path, of_subscription ? "publish is of a topic" : "only publish is of a topic");
  }
  return std::nullopt;
}

std::string_view method_of(Operation operation) noexcept {
  const bool reads = operation == Operation::list_dead_letters || operation == Operation::show_dead_letter ||
                     operation == Operation::show_deliveries;
  return reads ? "GET" : "POST";
}

}  // namespace

std::string_view name_of(Operation operation) noexcept {
  for (const Named& each : kOperations) {
    if (each.operation == operation) return each.shown;
  }
  return {};
}

std::optional<ApiVersion> ApiVersion::parse(std::string_view text, std::string_view first) {
  const std::string_view date = text.substr(0, kFirst.size());
  const std::string_view rest = text.substr(date.size());
  if (date.size() != kFirst.size() || !(rest.empty() || equals(rest, "-preview"))) return std::nullopt;
  for (std::size_t i = 0; i < date.size(); ++i) {
    const bool dash = kFirst[i] == '-';
    if (dash ? date[i] != '-' : date[i] < '0' || date[i] > '9') return std::nullopt;
  }
  if (date < first) return std::nullopt;
  ApiVersion version;
  if (date == kFirst) version.failures_ = Failures::flat;
  if (date == "2023-11-01") version.failures_ = Failures::both;
  return version;
}

std::optional<Problem> parse_route(const Target& target, const RouteRules& rules, Route& route) {
  route.max_events = 1;
  route.max_wait_s = rules.usual_wait_s;
  route.release_delay_s = 0;
  route.dead_letter.clear();
  route.dead_letter_index = 0;
  route.marker.clear();
  route.basic = false;
  std::string decoded;
  std::string_view path = target.path;
  if (!target.decoded) {
    auto text = decode(path, false);
    if (!text || text->find('\0') != std::string::npos) return unknown_path(path, "broken percent-encoding");
    decoded = std::move(*text);
    path = decoded;
  }
  if (auto problem = read_path(path, route)) return problem;
  const std::string_view method = method_of(route.operation);
  if (target.method != method) {
    return problem(405, "the method: found " + in_quotes(target.method) + ", expected " + std::string(method));
  }
  return read_parameters(Query(target.query), rules, route);
}

}  // namespace events
