// What a plugin's entry says about itself: whether it can be used, and how it is shown to people and machines.
#pragma once

#include <json/value.h>
#include <trellis/abi/plugin.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::schema {

/// "layer", "protocol", …; empty for a number that is no kind.
std::string_view kind_name(std::uint32_t kind) noexcept;
/// The table a kind must offer: "trellis.protocol/1".
std::string_view kind_table(std::uint32_t kind) noexcept;

/// TRELLIS_CAPABILITY_…; none where the descriptor is older than they.
std::uint32_t capabilities(const trellis_descriptor& descriptor) noexcept;
/// "files_read", "files_write", "network", "processes".
std::vector<std::string> capability_names(std::uint32_t capabilities);

/// What is wrong with an entry; empty when nothing is. name: whom to blame in the sentence.
std::string entry_fault(const trellis_plugin* entry, const std::string& name);

/// What is wrong with a file that exports these symbols; empty when nothing is but that the entry may be missing. The
/// others can collide within the libraries the file brings.
std::string symbols_fault(const std::vector<std::string>& symbols);

/// What is wrong with the table an instance of that kind must offer; empty when nothing is.
std::string table_fault(std::uint32_t kind, const void* table, const std::string& name);

/// For machines: the facts of a descriptor that entry_fault() found right. With its schemas if they are wanted.
Json::Value describe(const trellis_descriptor& descriptor, bool with_schemas);

/// For people: facts, settings and settings per namespace, in Markdown.
std::string manual(const trellis_descriptor& descriptor);
/// What is wrong with its schemas, as text; empty when they are sound.
std::string broken_schemas(const trellis_descriptor& descriptor);

}  // namespace trellis::schema
