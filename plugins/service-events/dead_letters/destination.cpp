#include "destination.hpp"

#include <algorithm>
#include <string_view>

namespace events_service {
namespace {

using trellis::Config;
using trellis::Schema;

constexpr std::string_view kName = "deadLetterDestinationWithResourceIdentity";
constexpr std::size_t kShortestName = 3;
constexpr std::size_t kLongestName = 50;

trellis::Error at(const std::string& place, const std::string& sentence) {
  return trellis::fail(place + ": " + sentence);
}

bool is_name(std::string_view text, std::size_t shortest) noexcept {
  return text.size() >= shortest && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// The one property that this kind has; empty where it is missing.
trellis::Result<std::string> only_property(const Config& destination, std::string_view name) {
  std::string found;
  if (!destination.contains("properties")) return found;
  for (const auto& [key, value] : destination.object("properties").members()) {
    if (key != name) return at(value.path(), "no such property, expected " + std::string(name));
    if (value.type() != trellis::json::Type::text)
      return at(value.path(), "expected text, found " + std::string(trellis::json::name(value.type())));
    found = value.as_text();
  }
  return found;
}

trellis::Result<std::optional<Destination>> read_topic(const Config& destination) {
  auto topic = only_property(destination, "topicName");
  if (!topic) return topic.error();
  if (!is_name(topic.value(), kShortestName)) {
    return at(
        destination.path() + "/properties/topicName",
        "expected the name of a topic, 3 to 50 letters, digits or '-', found " + trellis::json::quote(topic.value()));
  }
  return std::optional(
      Destination{.kind = Destination::Kind::topic, .topic = std::move(topic).value(), .directory = {}});
}

trellis::Result<std::optional<Destination>> read_file(const Config& destination, bool has_path) {
  if (!has_path) {
    return at(destination.path() + "/endpointType",
              "\"File\" needs the plugin's setting dead_letters.path, which is not set");
  }
  auto directory = only_property(destination, "directory");
  if (!directory) return directory.error();
  if (!directory.value().empty() && !is_name(directory.value(), 1)) {
    return at(destination.path() + "/properties/directory",
              "expected 1 to 50 letters, digits or '-', found " + trellis::json::quote(directory.value()));
  }
  return std::optional(
      Destination{.kind = Destination::Kind::file, .topic = {}, .directory = std::move(directory).value()});
}

}  // namespace

Schema Destination::schema() {
  return Schema{}
      .property(
          "identity",
          R"({"type":["object","null"],"additionalProperties":true,"description":"Taken and ignored: nothing here )"
          R"(needs one."})")
      .object("deadLetterDestination",
              Schema{}
                  .choice("endpointType", {"NamespaceTopic", "File", "StorageBlob"},
                          {.help = "NamespaceTopic: a topic of the same namespace. File: files below the plugin's "
                                   "dead_letters.path. StorageBlob: not yet.",
                           .required = true})
                  .property("properties",
                            R"({"type":"object","additionalProperties":true,"description":"Of NamespaceTopic: )"
                            R"({topicName}. Of File: {directory}, a name below dead_letters.path, which may be )"
                            R"(missing."})"),
              {.help = "Where they go.", .required = true});
}

trellis::Result<std::optional<Destination>> Destination::read(const Config& queue, bool has_path) {
  if (!queue.contains(kName)) return std::optional<Destination>();
  const Config destination = queue.object(kName).object("deadLetterDestination");
  const std::string type = destination.text("endpointType");
  if (type == "NamespaceTopic") return read_topic(destination);
  if (type == "File") return read_file(destination, has_path);
  return at(destination.path() + "/endpointType",
            "\"StorageBlob\" comes with the handler for blob stores, which this broker does not have; expected "
            "\"NamespaceTopic\" or \"File\"");
}

}  // namespace events_service
