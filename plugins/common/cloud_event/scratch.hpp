// The memory one thread reads events with.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "common/cloud_event/keys.hpp"
#include "common/cloud_event/value.hpp"

namespace cloud_event {

class Scratch {
 public:
  static Scratch& of_this_thread();

  /// Forgets the event before, and much memory if that one needed it. May throw std::bad_alloc, as all of these.
  void begin(const Keys& keys, std::size_t bytes);

  /// The text with the bytes behind it that the parser touches.
  std::string_view padded(std::string_view text, std::size_t readable);
  simdjson::ondemand::parser& parser_for(std::size_t bytes);
  char* room(std::size_t bytes) { return static_cast<char*>(texts_->allocate(bytes, 1)); }

  Reading reading;
  std::vector<std::uint8_t> found;  // of each node, how surely its member was found
  std::array<char, Path::kMostBytes> small_name;
  std::array<char, 6 * Path::kMostBytes> name;
  char time[32];

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 20U;
  static constexpr std::size_t kKeptTextBytes = std::size_t{16} << 10U;

  Scratch();
  void drop();

  std::size_t size_ = 0;  // of the text that the parser and the copy have room for
  std::unique_ptr<simdjson::ondemand::parser> parser_;
  std::unique_ptr<char[]> copy_;
  std::unique_ptr<std::byte[]> first_texts_;
  std::optional<std::pmr::monotonic_buffer_resource> texts_;
};

}  // namespace cloud_event
