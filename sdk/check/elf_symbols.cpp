// Just enough of ELF to list dynamic symbols. Every offset comes from an untrusted file and is checked before use.
#include "elf_symbols.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

namespace trellis::check {
namespace {

// Layouts as the System V ABI gives them; the names are its own, shortened.
struct Header {
  unsigned char ident[16];
  std::uint16_t type, machine;
  std::uint32_t version;
  std::uint64_t entry, program_headers, section_headers;
  std::uint32_t flags;
  std::uint16_t header_size, program_header_size, program_header_count, section_header_size, section_header_count,
      section_names;
};
struct Section {
  std::uint32_t name, type;
  std::uint64_t flags, address, offset, size;
  std::uint32_t link, info;
  std::uint64_t alignment, entry_size;
};
struct Symbol {
  std::uint32_t name;
  unsigned char info, other;
  std::uint16_t section;
  std::uint64_t value, size;
};
static_assert(sizeof(Header) == 64 && sizeof(Section) == 64 && sizeof(Symbol) == 24);

constexpr std::uint32_t kDynamicSymbols = 11;
constexpr std::uint16_t kUndefined = 0;
constexpr std::uint16_t kAbsolute = 0xFFF1;  // names of symbol versions
constexpr unsigned kLocal = 0;

template <class T>
bool read_at(const std::string& file, std::uint64_t offset, T& out) {
  if (offset > file.size() || file.size() - offset < sizeof out) return false;
  std::memcpy(&out, file.data() + offset, sizeof out);
  return true;
}

std::string name_at(const std::string& file, const Section& strings, std::uint32_t name) {
  if (name >= strings.size || strings.offset > file.size() || file.size() - strings.offset < strings.size) return {};
  const std::string_view table(file.data() + strings.offset, strings.size);
  return std::string(table.substr(name, table.find('\0', name) - name));
}

}  // namespace

Result<std::vector<std::string>> exported_symbols(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("cannot be read");
  const std::string file(std::istreambuf_iterator<char>(in), {});
  Header header{};
  if (!read_at(file, 0, header) || !file.starts_with("\x7F"
                                                     "ELF\x02\x01")) {
    return fail("is no shared object: not a 64-bit little-endian ELF file");
  }
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < header.section_header_count; ++i) {
    Section section{};
    Section strings{};
    if (!read_at(file, header.section_headers + i * sizeof(Section), section)) break;
    if (section.type != kDynamicSymbols || section.entry_size != sizeof(Symbol)) continue;
    if (!read_at(file, header.section_headers + section.link * sizeof(Section), strings)) break;
    for (std::uint64_t at = 0; at + sizeof(Symbol) <= section.size; at += sizeof(Symbol)) {
      Symbol symbol{};
      if (!read_at(file, section.offset + at, symbol)) break;
      const bool defined = symbol.section != kUndefined && symbol.section != kAbsolute;
      if (defined && (symbol.info >> 4U) != kLocal) names.push_back(name_at(file, strings, symbol.name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace trellis::check
