// One resource as it is kept: a name, its properties as JSON, and what is known of its life.
#pragma once

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <string_view>

namespace trellis::resources {

/// Who a resource belongs to, and so who may change it.
enum class Origin : std::uint8_t {
  files,  ///< the files of the configuration: they alone change it
  calls,  ///< whoever called
};

class Document;
using DocumentPtr = boost::intrusive_ptr<const Document>;

/// Immutable and shared; one allocation holds it with its texts, because there may be a million. [any]
class Document {
 public:
  struct Facts {
    std::string_view name;
    std::string_view key;         ///< what no other of its type and namespace has, whatever the case of its letters
    std::string_view properties;  ///< one line of JSON, defaults filled in
    std::uint64_t revision = 0;   ///< of the registry when it was written
    std::int64_t created_ms = 0;  ///< Unix time
    std::int64_t modified_ms = 0;
    Origin origin = Origin::calls;
  };

  static DocumentPtr make(const Facts& facts);
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  std::string_view name() const noexcept { return {texts(), name_}; }
  /// The name, unless its type has another property for that.
  std::string_view key() const noexcept { return key_ == 0 ? name() : std::string_view(texts() + name_, key_); }
  std::string_view properties() const noexcept { return {texts() + name_ + key_, properties_}; }
  std::uint64_t revision() const noexcept { return revision_; }
  std::int64_t created_ms() const noexcept { return created_ms_; }
  std::int64_t modified_ms() const noexcept { return modified_ms_; }
  Origin origin() const noexcept { return origin_; }

 private:
  explicit Document(const Facts& facts) noexcept;
  ~Document() = default;
  const char* texts() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  friend void intrusive_ptr_add_ref(const Document* document) noexcept {
    document->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(const Document* document) noexcept;

  mutable std::atomic<std::uint32_t> references_ = 0;
  std::uint32_t name_;
  std::uint32_t key_;  // 0: as the name
  std::uint32_t properties_;
  std::uint64_t revision_;
  std::int64_t created_ms_;
  std::int64_t modified_ms_;
  Origin origin_;
};

}  // namespace trellis::resources
