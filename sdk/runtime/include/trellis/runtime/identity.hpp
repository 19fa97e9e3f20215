// Who a client is: immutable once made, shared by its connections and whatever they cause.
#pragma once

#include <trellis/abi/identity.h>

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/runtime/shared_value.hpp>
#include <utility>
#include <vector>

namespace trellis::runtime {

/// An authenticated client as plugins see it. Any thread may hold a reference.
class Identity {
 public:
  Identity(std::string_view name, std::string_view authenticator, const trellis_pair* attributes, std::uint32_t count,
           std::int64_t expires_at_ms, std::uint32_t flags = 0);

  const trellis_identity& facts() const noexcept { return facts_; }
  std::string_view name() const noexcept { return name_; }
  /// The plugin instance that allowed it.
  std::string_view authenticator() const noexcept { return authenticator_; }

  void keep() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop() const noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  ~Identity() = default;
  std::string name_;
  std::string authenticator_;
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<trellis_pair> attributes_;
  trellis_identity facts_;
  mutable std::atomic<std::uint32_t> references_{0};
};

inline void intrusive_ptr_add_ref(const Identity* identity) noexcept { identity->keep(); }
inline void intrusive_ptr_release(const Identity* identity) noexcept { identity->drop(); }
using IdentityPtr = boost::intrusive_ptr<const Identity>;

using SharedIdentity = SharedValue<IdentityPtr>;

}  // namespace trellis::runtime
