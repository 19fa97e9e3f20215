#include <cstring>
#include <new>
#include <trellis/resources/document.hpp>

namespace trellis::resources {

Document::Document(const Facts& facts) noexcept
    : name_(static_cast<std::uint32_t>(facts.name.size())),
      key_(facts.key == facts.name ? 0 : static_cast<std::uint32_t>(facts.key.size())),
      properties_(static_cast<std::uint32_t>(facts.properties.size())),
      revision_(facts.revision),
      created_ms_(facts.created_ms),
      modified_ms_(facts.modified_ms),
      origin_(facts.origin) {
  char* to = reinterpret_cast<char*>(this + 1);
  for (const std::string_view text : {facts.name, facts.key.substr(0, key_), facts.properties}) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to += text.size();
  }
}

DocumentPtr Document::make(const Facts& facts) {
  const std::size_t key = facts.key == facts.name ? 0 : facts.key.size();
  void* const memory = ::operator new(sizeof(Document) + facts.name.size() + key + facts.properties.size());
  return DocumentPtr(new (memory) Document(facts));
}

void intrusive_ptr_release(const Document* document) noexcept {
  if (document->references_.fetch_sub(1, std::memory_order_release) != 1) return;
  std::atomic_thread_fence(std::memory_order_acquire);
  document->~Document();
  ::operator delete(const_cast<Document*>(document));
}

}  // namespace trellis::resources
