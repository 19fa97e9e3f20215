#include "target.hpp"

#include <algorithm>
#include <string_view>
#include <trellis/json.hpp>

#include "common/checked_block/checked_block.hpp"
#include "common/checked_block/destination_block.hpp"

namespace files {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::Result;
using trellis::Schema;

constexpr std::size_t kLongestName = 180;  // with what is put behind it when it is full

// One part of a path that is no way out: no slash, and no dot in front.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && text.front() != '.' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

// Names of namespaces and topics may have letters that names of files have not.
std::string plain(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return !is_name(std::string_view(&c, 1)); }, '_');
  return out;
}

trellis::Error no_name(std::string_view property, std::string_view found) {
  return fail("/properties/" + std::string(property) +
              ": expected a name of letters, digits, '-', '_' and '.', at most 180 and no '.' first, found " +
              trellis::json::quote(found));
}

Schema properties_schema() {
  return Schema{}
      .text("fileName",
            {.help = "The file, below the plugin's path. Default: of the subscription's namespace, topic and "
                     "name."})
      .text("directory", {.help = "A folder below the plugin's path that it is in; it is made. Default: that itself.",
                          .fallback = ""})
      .bytes("maxBytes", {.help = "How long the file becomes. What comes then goes into a new one.",
                          .fallback = "100MiB",
                          .minimum = "1KiB",
                          .maximum = "1024GiB"})
      .duration("maxAge", {.help = "How old it becomes before what comes goes into a new one. 0: as old as it gets.",
                           .fallback = "24h",
                           .minimum = "0s",
                           .maximum = "366d"})
      .integer("keep", {.help = "How many files are kept that are full or too old; the oldest are removed, with the "
                                "events in them. 0: all.",
                        .fallback = 0,
                        .minimum = 0,
                        .maximum = 100'000})
      .boolean("compress", {.help = "Whether those are compressed, with gzip.", .fallback = false});
}

}  // namespace

Schema schema() {
  return Schema{}
      .path("path", {.help = "The folder that all files are in. It has to be there.", .required = true})
      .integer("waiting", {.help = "Most events that wait to be written; what comes then is tried again later.",
                           .fallback = 100'000,
                           .minimum = 1,
                           .maximum = 10'000'000})
      .bytes("waiting_bytes", {.help = "The same in bytes; one event may always wait.",
                               .fallback = "64MiB",
                               .minimum = "1MiB",
                               .maximum = "16GiB"})
      .example(R"({"path": "/var/lib/trellis/events"})");
}

Settings read_settings(const Config& config) {
  return {.path = config.text("path"),
          .waiting = static_cast<std::size_t>(config.integer("waiting")),
          .waiting_bytes = static_cast<std::size_t>(config.integer("waiting_bytes"))};
}

Schema target_schema() {
  return common::destination_schema(
      {"File", "Plugin"},
      common::with_batches(properties_schema(), "Most events that are given to the handler at once."),
      {.help = "The file.", .fallback = "{}"});
}

Result<std::shared_ptr<Target>> read_target(const Config& block) {
  static const common::BlockSchema schema(target_schema());
  const auto checked = schema.check(block);
  if (!checked) return checked.error();
  const Config properties = checked->object("properties");
  auto target = std::make_shared<Target>();
  if (const auto context = checked->find("context")) {
    target->checked_before = !context->text("subscription", "").empty();
    target->file = plain(context->text("namespace", "")) + "." + plain(context->text("topic", "")) + "." +
                   plain(context->text("subscription", "")) + ".jsonl";
  }
  target->file = properties.text("fileName", target->file);
  if (target->file.empty())
    return fail("/properties/fileName: is missing, and there is no subscription to name it after");
  if (!is_name(target->file)) return no_name("fileName", target->file);
  target->folder = properties.text("directory");
  if (!target->folder.empty() && !is_name(target->folder)) return no_name("directory", target->folder);
  target->most_bytes = static_cast<std::uint64_t>(properties.integer("maxBytes"));
  target->most_age = std::chrono::milliseconds(properties.integer("maxAge"));
  target->kept = static_cast<std::uint32_t>(properties.integer("keep"));
  target->compressed = properties.boolean("compress");
  return target;
}

}  // namespace files
