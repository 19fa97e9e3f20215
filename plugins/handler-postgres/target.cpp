#include "target.hpp"

#include <algorithm>
#include <utility>

#include "common/checked_block/checked_block.hpp"
#include "common/event_template/opened_event.hpp"

namespace postgres {
namespace {

using common::Verdict;
using event_template::OpenedEvent;
using trellis::Cause;
using trellis::Config;
using trellis::fail;
using trellis::Schema;

constexpr std::string_view kEvent = "$event";
constexpr std::string_view kData = "$data";
constexpr std::string_view kBytes = "$bytes";
constexpr std::size_t kMostName = 63;  // of identifiers in PostgreSQL

bool is_value(std::string_view text) {
  if (text == kEvent || text == kData || text == kBytes) return true;
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// As bytea reads it.
std::string hexadecimal(std::string_view bytes) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return out;
}

std::optional<std::string> value_of(const OpenedEvent& event, std::string_view value) {
  if (value == kEvent) return std::string(event.json());
  if (value == kData) return std::string(event.data());
  if (value == kBytes) return hexadecimal(event.data());
  const auto attribute = event.attribute(value);
  return attribute ? std::optional(std::string(*attribute)) : std::nullopt;
}

Schema properties_schema() {
  return peer_link::with_peer(Schema{}, 5432)
      .text("database",
            {.help = "The name of the database.", .required = true, .minimum_length = 1, .maximum_length = kMostName})
      .text(
          "user",
          {.help = "The role that the broker is.", .required = true, .minimum_length = 1, .maximum_length = kMostName})
      .secret("password", {.help = "How it proves that.", .fallback = ""})
      .choice("sslmode", {"disable", "require", "verify-ca", "verify-full"},
              {.help = "verify-full: encrypted, and the server proves that it is host. verify-ca: that it has a "
                       "certificate of the authorities. require: encrypted, to whoever answers. disable: in clear "
                       "text. Default: verify-full where tls is true, else disable."})
      .text("schema", {.help = "The schema of the table. Default: where the server's search_path finds it.",
                       .fallback = "",
                       .maximum_length = kMostName})
      .text("table", {.help = "The table that rows are added to.",
                      .required = true,
                      .minimum_length = 1,
                      .maximum_length = kMostName})
      .list(
          "columns",
          Schema{}
              .text("name", {.help = "The column.", .required = true, .minimum_length = 1, .maximum_length = kMostName})
              .text("value", {.help = "What stands in it: an attribute of the event, such as subject, or NULL where "
                                      "it has none; $event, the CloudEvent in JSON; $data, its data as text; $bytes, "
                                      "its data for a column of the type bytea.",
                              .required = true,
                              .minimum_length = 1}),
          {.help = "The columns that are filled.",
           .minimum_items = 1,
           .maximum_items = 100,
           .fallback = R"([{"name":"source","value":"source"},{"name":"id","value":"id"},)"
                       R"({"name":"event","value":"$event"}])"})
      .choice("onConflict", {"refuse", "skip"},
              {.help = "What becomes of an event that a unique constraint of the table keeps out. refuse: it is a dead "
                       "letter. skip: it counts as delivered; with a constraint on source and id every event is there "
                       "once.",
               .fallback = "refuse"})
      .integer("batchRows", {.help = "Most rows of one transaction. What waits is written together, and never waited "
                                     "for.",
                             .fallback = 1000,
                             .minimum = 1,
                             .maximum = 10'000});
}

trellis::Result<void> read_columns(const Config& properties, Target& target) {
  for (const Config& one : properties.list("columns")) {
    const Target::Column column{one.text("name"), one.text("value")};
    if (!is_value(column.value)) {
      return fail(one.path() + "/value: found " + trellis::json::quote(column.value) +
                  ", expected the name of an attribute, $event, $data or $bytes");
    }
    for (const auto& other : target.columns) {
      if (other.name == column.name) return fail(one.path() + "/name: is there twice");
    }
    target.columns.push_back(column);
  }
  return trellis::ok();
}

}  // namespace

Schema plugin_schema() {
  return peer_link::with_keep_alive(peer_link::with_plugin_settings(Schema{}))
      .path("root_certificates", {.help = "File with the certificates of authorities that servers are proved by.",
                                  .fallback = "/etc/ssl/certs/ca-certificates.crt"})
      .path("certificate", {.help = "File with a certificate to show to servers. Default: none."})
      .path("key", {.help = "File with its key."})
      .example("{}")
      .example(R"({"root_certificates": "/etc/trellis/database-ca.pem"})");
}

Settings read_settings(const Config& config) {
  return {peer_link::read_plugin_settings(config), config.text("root_certificates"), config.text("certificate", ""),
          config.text("key", "")};
}

Schema target_schema() { return peer_link::destination_schema("Postgres", properties_schema()); }

trellis::Result<std::shared_ptr<const Target>> read_target(const Config& block, const Settings& settings) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  const bool tls = properties.boolean("tls");
  const std::string mode = properties.text("sslmode", tls ? "verify-full" : "disable");
  // Who answers without proof may be anybody, so that is as good as clear text.
  const bool proved = mode == "verify-ca" || mode == "verify-full";
  if (tls && !proved)
    return fail("/properties/sslmode: found \"" + mode + "\", expected verify-ca or verify-full, for tls is true");
  if (!properties.text("layer").empty()) {
    return fail("/properties/layer: is not for this handler; root_certificates, certificate and key of the plugin are");
  }
  auto peer = peer_link::read_peer(properties, settings.links, "postgres", proved);
  if (!peer) return peer.error();
  auto target = std::make_shared<Target>();
  target->peer = std::move(*peer);
  target->settings = settings;
  target->database = properties.text("database");
  target->user = properties.text("user");
  target->password = properties.text("password");
  target->ssl_mode = mode;
  target->schema = properties.text("schema");
  target->table = properties.text("table");
  if (auto read = read_columns(properties, *target); !read) return read.error();
  target->skips_duplicates = properties.text("onConflict") == "skip";
  target->batch_rows = static_cast<std::size_t>(properties.integer("batchRows"));
  return std::shared_ptr<const Target>(std::move(target));
}

std::optional<Verdict> Target::compose(trellis::Message message, Row& row) const {
  OpenedEvent& event = OpenedEvent::here();
  if (!event.open(message)) return Verdict::refused(Cause::bad_request, "the message is no CloudEvent in JSON");
  for (const Column& column : columns) {
    auto value = value_of(event, column.value);
    if (value && value->find('\0') != std::string::npos) {
      return Verdict::refused(Cause::bad_request, "column " + trellis::json::quote(column.name) +
                                                      ": texts of PostgreSQL hold no byte 0; $bytes does");
    }
    row.bytes += value ? value->size() : 0;
    row.values.push_back(std::move(value));
  }
  return std::nullopt;
}

}  // namespace postgres
