#include <fmt/format.h>
#include <fmt/ranges.h>
#include <trellis/abi/connection.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/service.h>
#include <trellis/abi/store.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/markdown.hpp>

namespace trellis::schema {
namespace {

std::string text(trellis_view view) { return {view.data, view.size}; }

struct Kind {
  std::uint32_t number;
  std::string_view name;
  std::string_view table;
  std::size_t table_bytes;
};
constexpr Kind kKinds[] = {
    {TRELLIS_KIND_LAYER, "layer", "trellis.layer/1", sizeof(trellis_layer)},
    {TRELLIS_KIND_PROTOCOL, "protocol", "trellis.protocol/1", sizeof(trellis_protocol)},
    {TRELLIS_KIND_AUTHENTICATOR, "authenticator", "trellis.authenticator/1", sizeof(trellis_authenticator)},
    {TRELLIS_KIND_AUTHORIZER, "authorizer", "trellis.authorizer/1", sizeof(trellis_authorizer)},
    {TRELLIS_KIND_PREDICATE, "predicate", "trellis.predicate/1", sizeof(trellis_predicate)},
    {TRELLIS_KIND_STAGE, "stage", "trellis.stage/1", sizeof(trellis_stage)},
    {TRELLIS_KIND_HANDLER, "handler", "trellis.handler/1", sizeof(trellis_handler)},
    {TRELLIS_KIND_SERVICE, "service", "trellis.service/1", sizeof(trellis_service)},
    {TRELLIS_KIND_STORE, "store", "trellis.store/1", sizeof(trellis_store)}};

const Kind* find_kind(std::uint32_t number) noexcept {
  const auto* found =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return k.number == number; });
  return found == std::end(kKinds) ? nullptr : found;
}

// A function its kind cannot do without, and where the table holds it.
struct Needed {
  std::uint32_t kind;
  std::string_view name;
  std::size_t offset;
};
constexpr Needed kNeeded[] = {
    {TRELLIS_KIND_LAYER, "on_open", offsetof(trellis_layer, on_open)},
    {TRELLIS_KIND_LAYER, "on_input", offsetof(trellis_layer, on_input)},
    {TRELLIS_KIND_LAYER, "on_output", offsetof(trellis_layer, on_output)},
    {TRELLIS_KIND_LAYER, "on_close", offsetof(trellis_layer, on_close)},
    {TRELLIS_KIND_PROTOCOL, "on_open", offsetof(trellis_protocol, on_open)},
    {TRELLIS_KIND_PROTOCOL, "on_bytes", offsetof(trellis_protocol, on_bytes)},
    {TRELLIS_KIND_PROTOCOL, "on_close", offsetof(trellis_protocol, on_close)},
    {TRELLIS_KIND_AUTHENTICATOR, "authenticate", offsetof(trellis_authenticator, authenticate)},
    {TRELLIS_KIND_AUTHORIZER, "authorize", offsetof(trellis_authorizer, authorize)},
    {TRELLIS_KIND_PREDICATE, "compile", offsetof(trellis_predicate, compile)},
    {TRELLIS_KIND_PREDICATE, "judge", offsetof(trellis_predicate, judge)},
    {TRELLIS_KIND_PREDICATE, "release", offsetof(trellis_predicate, release)},
    {TRELLIS_KIND_STAGE, "on_messages", offsetof(trellis_stage, on_messages)},
    {TRELLIS_KIND_HANDLER, "open", offsetof(trellis_handler, open)},
    {TRELLIS_KIND_HANDLER, "deliver", offsetof(trellis_handler, deliver)},
    {TRELLIS_KIND_HANDLER, "release", offsetof(trellis_handler, release)},
    {TRELLIS_KIND_SERVICE, "on_request", offsetof(trellis_service, on_request)},
    {TRELLIS_KIND_STORE, "restore", offsetof(trellis_store, restore)},
    {TRELLIS_KIND_STORE, "write", offsetof(trellis_store, write)},
    {TRELLIS_KIND_STORE, "read", offsetof(trellis_store, read)},
    {TRELLIS_KIND_STORE, "figures", offsetof(trellis_store, figures)}};

bool valid_id(trellis_view id) noexcept {
  if (id.data == nullptr || id.size == 0 || id.size > 64 || id.data[0] < 'a' || id.data[0] > 'z') return false;
  return std::all_of(id.data, id.data + id.size,
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

std::string version_fault(const trellis_plugin& entry, const std::string& name) {
  if (entry.abi_major == TRELLIS_ABI_MAJOR && entry.abi_minor == TRELLIS_ABI_MINOR) return {};
  const bool newer = entry.abi_major > TRELLIS_ABI_MAJOR ||
                     (entry.abi_major == TRELLIS_ABI_MAJOR && entry.abi_minor > TRELLIS_ABI_MINOR);
  return fmt::format("plugin '{}' needs ABI {}.{}, this broker offers {}.{}; {}", name, entry.abi_major,
                     entry.abi_minor, TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR,
                     newer ? fmt::format("update the broker or rebuild the plugin against SDK {}.{}", TRELLIS_ABI_MAJOR,
                                         TRELLIS_ABI_MINOR)
                           : fmt::format("rebuild the plugin against SDK {}.{}", TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR));
}

// What came later may be missing.
constexpr std::size_t kLeastDescriptor = offsetof(trellis_descriptor, capabilities);

std::string descriptor_fault(const trellis_descriptor* descriptor, const std::string& name) {
  if (descriptor == nullptr) return fmt::format("plugin '{}' has no descriptor", name);
  if (descriptor->struct_size < kLeastDescriptor) {
    return fmt::format("plugin '{}' has a descriptor of {} bytes, expected at least {}", name, descriptor->struct_size,
                       kLeastDescriptor);
  }
  if (!valid_id(descriptor->id)) {
    return fmt::format(
        "plugin '{}' has an id that is not lower case letters, digits, '-' and '.', beginning with a "
        "letter, at most 64",
        name);
  }
  if (find_kind(descriptor->kind) == nullptr) {
    return fmt::format("plugin '{}' is of kind {}, which this broker does not know", name, descriptor->kind);
  }
  if (descriptor->version.size == 0) return fmt::format("plugin '{}' has no version", name);
  return {};
}

}  // namespace

std::string_view kind_name(std::uint32_t kind) noexcept {
  const Kind* found = find_kind(kind);
  return found == nullptr ? std::string_view() : found->name;
}

std::uint32_t capabilities(const trellis_descriptor& descriptor) noexcept {
  const bool told = descriptor.struct_size >= kLeastDescriptor + sizeof descriptor.capabilities;
  return told ? descriptor.capabilities : 0;
}

std::vector<std::string> capability_names(std::uint32_t capabilities) {
  static constexpr std::pair<std::uint32_t, const char*> kNames[] = {{TRELLIS_CAPABILITY_FILES_READ, "files_read"},
                                                                     {TRELLIS_CAPABILITY_FILES_WRITE, "files_write"},
                                                                     {TRELLIS_CAPABILITY_NETWORK, "network"},
                                                                     {TRELLIS_CAPABILITY_PROCESSES, "processes"}};
  std::vector<std::string> names;
  for (const auto& [bit, name] : kNames) {
    if ((capabilities & bit) != 0) names.emplace_back(name);
  }
  return names;
}

std::string_view kind_table(std::uint32_t kind) noexcept {
  const Kind* found = find_kind(kind);
  return found == nullptr ? std::string_view() : found->table;
}

std::string symbols_fault(const std::vector<std::string>& symbols) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> others = symbols;
  // The address sanitizer gives every exported variable a companion.
  std::erase_if(others, [](const std::string& symbol) {
    return symbol == TRELLIS_PLUGIN_SYMBOL || symbol.starts_with("__odr_asan.");
  });
  if (others.empty()) return "";
  const std::size_t more = others.size() - std::min(others.size(), kShown);
  others.resize(others.size() - more);
  return fmt::format("exports {}{} beside {}; build it with trellis_add_plugin(), which hides the rest",
                     fmt::join(others, ", "), more > 0 ? fmt::format(" and {} more", more) : "", TRELLIS_PLUGIN_SYMBOL);
}

std::string entry_fault(const trellis_plugin* entry, const std::string& name) {
  // struct_size comes first and the version next, in every version there will ever be.
  if (entry->struct_size < offsetof(trellis_plugin, descriptor)) {
    return fmt::format("plugin '{}' has an entry of {} bytes, expected at least {}", name, entry->struct_size,
                       sizeof(trellis_plugin));
  }
  if (std::string fault = version_fault(*entry, name); !fault.empty()) return fault;
  if (entry->struct_size < sizeof(trellis_plugin)) {
    return fmt::format("plugin '{}' has an entry of {} bytes, expected at least {}", name, entry->struct_size,
                       sizeof(trellis_plugin));
  }
  if (std::string fault = descriptor_fault(entry->descriptor, name); !fault.empty()) return fault;
  const std::pair<std::string_view, bool> functions[] = {
      {"create", entry->create != nullptr},   {"configure", entry->configure != nullptr},
      {"start", entry->start != nullptr},     {"stop", entry->stop != nullptr},
      {"destroy", entry->destroy != nullptr}, {"get_table", entry->get_table != nullptr}};
  for (const auto& [function, present] : functions) {
    if (!present) return fmt::format("plugin '{}' has no function {}", name, function);
  }
  if (entry->shard_open != nullptr && entry->shard_close == nullptr) {
    return fmt::format("plugin '{}' has shard_open without shard_close", name);
  }
  return {};
}

std::string table_fault(std::uint32_t kind, const void* table, const std::string& name) {
  const Kind& wanted = *find_kind(kind);
  if (table == nullptr) {
    return fmt::format("plugin '{}' is of kind {} but has no table {}", name, wanted.name, wanted.table);
  }
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);  // every table begins with its size
  if (size < wanted.table_bytes) {
    return fmt::format("plugin '{}' has a table {} of {} bytes, expected at least {}", name, wanted.table, size,
                       wanted.table_bytes);
  }
  for (const Needed& function : kNeeded) {
    if (function.kind != kind) continue;
    const void* pointer = nullptr;
    std::memcpy(&pointer, static_cast<const char*>(table) + function.offset, sizeof pointer);
    if (pointer != nullptr) continue;
    return fmt::format("plugin '{}' has no function {} in its table {}", name, function.name, wanted.table);
  }
  return {};
}

Json::Value describe(const trellis_descriptor& d, bool with_schemas) {
  Json::Value out;
  out["id"] = text(d.id);
  out["kind"] = std::string(kind_name(d.kind));
  out["version"] = text(d.version);
  out["vendor"] = text(d.vendor);
  out["summary"] = text(d.summary);
  out["licence"] = text(d.licence);
  out["stability"] = d.stability == TRELLIS_STABILITY_STABLE       ? "stable"
                     : d.stability == TRELLIS_STABILITY_DEPRECATED ? "deprecated"
                                                                   : "experimental";
  out["capabilities"] = Json::Value(Json::arrayValue);
  for (const std::string& name : capability_names(capabilities(d))) out["capabilities"].append(name);
  if (!with_schemas) return out;
  Diagnostics problems;
  for (const auto& [key, schema] :
       {std::pair{"config_schema", d.config_schema}, std::pair{"namespace_schema", d.namespace_schema}}) {
    if (schema.size == 0) continue;
    if (const auto parsed = Schema::parse(text(schema), key, problems)) out[key] = parsed->text();
  }
  return out;
}

std::string broken_schemas(const trellis_descriptor& d) {
  Diagnostics problems;
  for (const auto& schema : {d.config_schema, d.namespace_schema}) {
    if (schema.size != 0) Schema::parse(text(schema), fmt::format("schema of plugin '{}'", text(d.id)), problems);
  }
  return problems.text();
}

std::string manual(const trellis_descriptor& d) {
  const Json::Value about = describe(d, false);
  const auto fact = [&](const char* key) { return about[key].asString(); };
  std::string out = fmt::format("# {}\n\n{}\n\nKind: {} · version {} · {} · {} · {}\n", fact("id"), fact("summary"),
                                fact("kind"), fact("version"), fact("stability"), fact("vendor"), fact("licence"));
  if (const auto names = capability_names(capabilities(d)); !names.empty()) {
    out += fmt::format("\nDoes by itself: {}\n", fmt::join(names, ", "));
  }
  for (const auto& [title, schema] :
       {std::pair{"Configuration", d.config_schema}, std::pair{"Settings per namespace", d.namespace_schema}}) {
    if (schema.size == 0) continue;
    Diagnostics problems;
    const auto parsed = Schema::parse(text(schema), fmt::format("schema of plugin '{}'", fact("id")), problems);
    out += fmt::format("\n## {}\n\n", title) + (parsed ? render_markdown(*parsed, 3) : "The schema is broken.\n");
  }
  return out;
}

}  // namespace trellis::schema
