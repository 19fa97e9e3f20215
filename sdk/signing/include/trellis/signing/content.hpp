// A file's content as signatures are about it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace trellis::signing {

using Digest = std::array<std::uint8_t, 64>;

/// BLAKE2b-512 of everything behind the descriptor, from its first byte; nothing with error set where it cannot be read
/// or was written to meanwhile. The descriptor's position stays.
std::optional<Digest> digest_of(int descriptor, std::string& error);

/// The content itself, at most `most` bytes of it.
std::optional<std::string> content_of(int descriptor, std::size_t most, std::string& error);

/// The content in memory that nobody can change any more: a descriptor of its own, which is the caller's. -1 with error
/// set.
int sealed_copy(int descriptor, const std::string& name, std::string& error);

}  // namespace trellis::signing
