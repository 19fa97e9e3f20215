#include "common/cloud_event/scratch.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "common/cloud_event/reader.hpp"

namespace cloud_event {

Scratch& Scratch::of_this_thread() {
  thread_local Scratch scratch;
  return scratch;
}

Scratch::Scratch() : first_texts_(std::make_unique<std::byte[]>(kKeptTextBytes)) {
  texts_.emplace(first_texts_.get(), kKeptTextBytes, std::pmr::new_delete_resource());
}

void Scratch::drop() {
  size_ = 0;
  parser_.reset();
  copy_.reset();
}

void Scratch::begin(const Keys& keys, std::size_t bytes) {
  if (size_ > kKeptBytes && bytes <= kKeptBytes) drop();
  texts_->release();
  reading.begin(keys.slots());
  found.assign(keys.nodes(), 0);
}

simdjson::ondemand::parser& Scratch::parser_for(std::size_t bytes) {
  if (parser_ == nullptr || size_ < bytes) {
    drop();
    const std::size_t size = std::max<std::size_t>(std::bit_ceil(bytes), 4096);
    parser_ = std::make_unique<simdjson::ondemand::parser>(2 * kMostEventBytes);
    if (parser_->allocate(size) != simdjson::SUCCESS) throw std::bad_alloc();
    copy_ = std::make_unique_for_overwrite<char[]>(size + simdjson::SIMDJSON_PADDING);
    size_ = size;
  }
  return *parser_;
}

std::string_view Scratch::padded(std::string_view text, std::size_t readable) {
  if (readable >= simdjson::SIMDJSON_PADDING) return text;
  (void)parser_for(text.size());
  if (!text.empty()) std::memcpy(copy_.get(), text.data(), text.size());
  std::memset(copy_.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  return {copy_.get(), text.size()};
}

}  // namespace cloud_event
