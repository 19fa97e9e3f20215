#include "ctl/event_words.hpp"

#include <algorithm>
#include <trellis/json.hpp>

#include "ctl/inputs.hpp"
#include "ctl/manifests.hpp"

namespace management::ctl {
namespace {

using trellis::json::Type;

/// An option, and the property that it stands for.
struct Word {
  std::string_view option;
  std::string_view property;
};

constexpr Word kOfTopics[] = {
    {"--retention", "eventRetentionInDays"}, {"--durability", "durability"}, {"--mqtt", "mqtt"}};
constexpr Word kOfQueues[] = {
    {"--lock", "receiveLockDurationInSeconds"}, {"--max-deliveries", "maxDeliveryCount"}, {"--ttl", "eventTimeToLive"}};
constexpr Word kOfPush[] = {
    {"--max-deliveries", "maxDeliveryCount"}, {"--ttl", "eventTimeToLive"}, {"--parallel", "maxParallelDeliveries"}};
constexpr std::string_view kPushes[] = {"--push",          "--to",       "--order-by", "--retry-delay",
                                        "--retry-profile", "--parallel", "--pause",    "--resume"};

struct Verb {
  std::string_view name;
  std::string_view action;
};

constexpr Verb kVerbs[] = {
    {"create", "put"}, {"update", "patch"}, {"show", "get"}, {"list", "list"}, {"delete", "delete"}};

trellis::Error wrong(const std::string& sentence) { return trellis::fail(sentence, trellis::Status::invalid); }

template <std::size_t N>
std::vector<std::string> pairs_of(const CtlRequest& request, const Word (&words)[N]) {
  std::vector<std::string> pairs;
  for (const auto& [option, property] : words) {
    if (request.has(option)) pairs.push_back(std::string(property) + '=' + request.value(option));
  }
  return pairs;
}

std::vector<std::string> sets_of(const CtlRequest& request) {
  const auto found = request.given.find("--set");
  return found == request.given.end() ? std::vector<std::string>() : found->second;
}

// One filter may stand without the list around it.
trellis::Result<std::string> read_filters(const std::string& argument) {
  auto text = read_argument(argument);
  if (!text) return text;
  const auto value = trellis::json::parse(*text);
  if (!value) return wrong("--filter: " + value.error().text);
  if (value->type == Type::list) return text;
  if (value->type != Type::object)
    return wrong(R"(--filter: expected a filter, {"operatorType": …, "key": …, "values": […]}, or a list of them)");
  return '[' + *text + ']';
}

// The texts of an option that may be given several times, each in quotes between `before` and `after`.
std::string quoted_of(const CtlRequest& request, const char* option, const char* before, const char* after) {
  std::string out;
  const auto given = request.given.find(option);
  if (given == request.given.end()) return out;
  for (const std::string& text : given->second)
    out += (out.empty() ? "" : ",") + (before + trellis::json::quote(text) + after);
  return out;
}

trellis::Result<std::string> filters_of(const CtlRequest& request) {
  std::string out;
  if (const std::string types = quoted_of(request, "--type", "", ""); !types.empty())
    out = R"("includedEventTypes":[)" + types + ']';
  if (!request.filter.empty()) {
    const auto filters = read_filters(request.filter);
    if (!filters) return filters;
    out += (out.empty() ? "" : ",") + std::string(R"("filters":)") + *filters;
  }
  if (const std::string expressions = quoted_of(request, "--sql", "{\"sql\":", "}"); !expressions.empty())
    out += (out.empty() ? "" : ",") + std::string(R"("cloudEventFilters":[)") + expressions + ']';
  return '{' + out + '}';
}

trellis::Result<std::string> object_of(const std::vector<std::string>& pairs) {
  std::vector<std::string> keys;
  for (const std::string& pair : pairs) keys.push_back(pair.substr(0, pair.find('=')));
  std::ranges::sort(keys);
  const auto twice = std::ranges::adjacent_find(keys);
  if (twice != keys.end()) return wrong("the property " + *twice + " is set twice; say all of it with --set");
  auto read = read_pairs(pairs);
  if (!read) return wrong("--set: " + read.error().text);
  return read;
}

// Text stays text, whatever it looks like.
std::string quoted_pair(std::string_view name, std::string_view value) {
  return std::string(name) + '=' + trellis::json::quote(value);
}

// Where to: a URL is that of a webhook, anything else a type whose properties --to tells.
trellis::Result<std::string> destination_of(const CtlRequest& request) {
  const std::string where = request.value("--push");
  const bool url = where.find("://") != std::string::npos;
  std::vector<std::string> properties;
  if (url) properties.push_back(quoted_pair("endpointUrl", where));
  if (const auto to = request.given.find("--to"); to != request.given.end())
    properties.insert(properties.end(), to->second.begin(), to->second.end());
  auto read = properties.empty() ? trellis::Result<std::string>("{}") : read_pairs(properties);
  if (!read) return wrong("--to: " + read.error().text);
  std::string out = "{";
  if (!where.empty()) out += R"("endpointType":)" + trellis::json::quote(url ? "WebHook" : where) + ',';
  return out + R"("properties":)" + *read + '}';
}

// deliveryConfiguration of a subscription that pushes.
trellis::Result<std::string> push_of(const CtlRequest& request) {
  if (request.has("--lock")) return wrong("--lock is of subscriptions that are received from, not of pushing ones");
  if (request.has("--pause") && request.has("--resume")) return wrong("--pause and --resume do not go together");
  std::vector<std::string> pairs = pairs_of(request, kOfPush);
  if (request.has("--push") || request.has("--to")) {
    const auto destination = destination_of(request);
    if (!destination) return destination;
    pairs.push_back("destination=" + *destination);
  }
  if (request.has("--retry-profile")) pairs.push_back(quoted_pair("retryProfile", request.value("--retry-profile")));
  if (request.has("--order-by")) pairs.push_back(quoted_pair("orderBy", request.value("--order-by")));
  if (const std::string delays = quoted_of(request, "--retry-delay", "", ""); !delays.empty())
    pairs.push_back("retryDelays=[" + delays + ']');
  if (request.has("--pause")) pairs.emplace_back("paused=true");
  if (request.has("--resume")) pairs.emplace_back("paused=false");
  const auto push = read_pairs(pairs);
  if (!push) return push;
  return (request.has("--push") ? R"({"deliveryMode":"Push","push":)" : R"({"push":)") + *push + '}';
}

std::string first_option(const CtlRequest& request) {
  if (!request.given.empty()) return request.given.begin()->first;
  return request.filter.empty() || request.action == "list" ? "" : "--filter";  // of a list: part of the name
}

}  // namespace

trellis::Result<std::string> subscription_properties(const CtlRequest& request, std::vector<std::string> further) {
  if (std::ranges::any_of(kPushes, [&](std::string_view option) { return request.has(option); })) {
    const auto push = push_of(request);
    if (!push) return push;
    further.push_back("deliveryConfiguration=" + *push);
  } else if (const auto queue = pairs_of(request, kOfQueues); !queue.empty()) {
    further.push_back("deliveryConfiguration={\"queue\":" + *read_pairs(queue) + '}');
  }
  const auto filters = filters_of(request);
  if (!filters) return filters;
  if (*filters != "{}") further.push_back("filtersConfiguration=" + *filters);
  return object_of(further);
}

trellis::Result<void> use_event_words(CtlRequest& request) {
  const bool topics = request.action == "topic";
  const auto* const verb = std::ranges::find(kVerbs, request.names[0], &Verb::name);
  const bool known = verb != std::end(kVerbs);
  const bool lists = known && verb->action == "list";
  const std::size_t least = lists ? 1 : 2;
  if (!known || request.names.size() < least || (lists && topics && request.names.size() > 1))
    return wrong("usage: trellis ctl " + request.action + " create|update|show|delete " +
                 (topics ? "NAME, or trellis ctl topic list" : "TOPIC/NAME, or trellis ctl subscription list [TOPIC]"));
  request.called = request.action + ' ' + request.names[0];
  request.action = verb->action;
  request.names[0] = topics ? "topics" : "eventSubscriptions";
  if (!topics && !lists && request.names[1].find('/') == std::string::npos)
    return wrong(request.called + ": expected TOPIC/NAME, found " + trellis::json::quote(request.names[1]));
  if (lists && request.names.size() > 1) request.parent_type = "topics";
  request.only_new = verb->name == "create";
  if (request.action != "put" && request.action != "patch") {
    const std::string option = first_option(request);
    if (option.empty()) return trellis::ok();
    return wrong(option + " does not belong to " + request.called);
  }
  if (topics && !request.filter.empty()) return wrong("--filter does not belong to " + request.called);
  auto pairs = topics ? pairs_of(request, kOfTopics) : std::vector<std::string>();
  std::ranges::copy(sets_of(request), std::back_inserter(pairs));
  auto properties = topics ? object_of(pairs) : subscription_properties(request, std::move(pairs));
  if (!properties) return properties.error();
  if (request.action == "patch" && *properties == "{}") return wrong(request.called + ": say what is to be changed");
  request.properties = std::move(properties).value();
  return trellis::ok();
}

}  // namespace management::ctl
