#include "destination.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/azure_storage/account.hpp"
#include "directory.hpp"
#include "letter_place.hpp"

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
  return std::optional(Destination{.kind = Destination::Kind::topic, .topic = std::move(topic).value()});
}

trellis::Result<std::optional<Destination>> read_file(const Config& destination) {
  auto directory = only_property(destination, "directory");
  if (!directory) return directory.error();
  if (!directory.value().empty() && !is_name(directory.value(), 1)) {
    return at(destination.path() + "/properties/directory",
              "expected 1 to 50 letters, digits or '-', found " + trellis::json::quote(directory.value()));
  }
  return std::optional(Destination{.kind = Destination::Kind::file, .directory = std::move(directory).value()});
}

trellis::Result<std::optional<Destination>> read_blob(const Config& destination, const Destination::Knows& knows) {
  Destination out{.kind = Destination::Kind::blob};
  const std::string place = destination.path() + "/properties";
  if (!destination.contains("properties"))
    return at(place, "is missing; \"StorageBlob\" needs resourceId and blobContainerName");
  std::string id;
  for (const auto& [key, value] : destination.object("properties").members()) {
    const bool known = key == "resourceId" || key == "blobContainerName";
    if (!known) return at(value.path(), "no such property, expected resourceId or blobContainerName");
    if (value.type() != trellis::json::Type::text)
      return at(value.path(), "expected text, found " + std::string(trellis::json::name(value.type())));
    (key == "resourceId" ? id : out.container) = value.as_text();
  }
  auto account = azure_storage::account_in(id);
  if (!account) return at(place + "/resourceId", account.error().text);
  out.account = std::move(account).value();
  if (!knows || !knows(out.account)) {
    return at(place + "/resourceId",
              "the plugin's setting dead_letters.accounts has no storage account " + trellis::json::quote(out.account));
  }
  if (!azure_storage::is_resource_name(out.container)) {
    return at(place + "/blobContainerName",
              "expected 3 to 63 small letters, digits and single '-', found " + trellis::json::quote(out.container));
  }
  return std::optional(std::move(out));
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
                                   "dead_letters.path. StorageBlob: blobs of a storage account of Azure.",
                           .required = true})
                  .property("properties",
                            R"({"type":"object","additionalProperties":true,"description":"Of NamespaceTopic: )"
                            R"({topicName}. Of File: {directory}, a name below dead_letters.path, which may be )"
                            R"(missing. Of StorageBlob: {resourceId, blobContainerName}, where the account is one of )"
                            R"(dead_letters.accounts."})"),
              {.help = "Where they go.", .required = true});
}

trellis::Result<std::optional<Destination>> Destination::read(const Config& queue, const Knows& knows) {
  if (!queue.contains(kName)) return std::optional<Destination>();
  const Config destination = queue.object(kName).object("deadLetterDestination");
  const std::string type = destination.text("endpointType");
  if (type == "NamespaceTopic") return read_topic(destination);
  if (type == "File") return read_file(destination);
  return read_blob(destination, knows);
}

std::string Destination::prefix() const {
  if (kind == Kind::blob) return account + '/' + container + '/';
  return directory.empty() ? std::string() : path_part(small(directory)) + '/';
}

}  // namespace events_service
