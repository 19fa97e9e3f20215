#include "body_windows.hpp"

#include <algorithm>

namespace transport_http {

std::optional<BodyWindows::Window> BodyWindows::next() {
  if (waiting_.empty()) return std::nullopt;
  const Window window = waiting_.front();
  const std::size_t room = limit_ - std::min(limit_, granted_bytes_);
  if (granted_bytes_ != 0 && window.bytes > room) return std::nullopt;
  waiting_.pop_front();
  granted_.emplace(window.stream, window.bytes);
  granted_bytes_ += window.bytes;
  return window;
}

void BodyWindows::release(std::int32_t stream) {
  if (const auto granted = granted_.find(stream); granted != granted_.end()) {
    granted_bytes_ -= granted->second;
    granted_.erase(granted);
    return;
  }
  std::erase_if(waiting_, [stream](const Window& window) { return window.stream == stream; });
}

}  // namespace transport_http
