#include <trellis/runtime/identity.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::runtime {

Identity::Identity(std::string_view name, std::string_view authenticator, const trellis_pair* attributes,
                   std::uint32_t count, std::int64_t expires_at_ms, std::uint32_t flags)
    : name_(name), authenticator_(authenticator), facts_{} {
  for (std::uint32_t i = 0; i < count; ++i) {
    texts_.emplace_back(text_of(attributes[i].name), text_of(attributes[i].value));
  }
  for (const auto& [key, value] : texts_) attributes_.push_back({view_of(key), view_of(value)});
  facts_.struct_size = sizeof facts_;
  facts_.name = view_of(name_);
  facts_.authenticator = view_of(authenticator_);
  facts_.attributes = attributes_.data();
  facts_.attribute_count = count;
  facts_.expires_at_ms = expires_at_ms;
  static std::atomic<std::uint64_t> last{0};
  facts_.id = last.fetch_add(1, std::memory_order_relaxed) + 1;
  facts_.flags = flags;
}

}  // namespace trellis::runtime
