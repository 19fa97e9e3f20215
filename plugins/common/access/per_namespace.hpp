// What a plugin made of the settings of each namespace, for all threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>
#include <utility>
#include <vector>

namespace rights {

/// Made anew whenever a resource of the type `namespaces` changes. Parsed is immutable.
template <class Parsed>
class PerNamespace {
 public:
  /// Reads topicSpacesConfiguration.clientAuthentication of one namespace; null where it says nothing of interest.
  using Make =
      std::function<std::shared_ptr<const Parsed>(std::string_view name_space, const trellis::Config& authentication)>;

  explicit PerNamespace(Make make) : make_(std::move(make)) {}

  /// Null where the namespace has none. [any]
  std::shared_ptr<const Parsed> find(std::string_view name_space) const {
    const std::lock_guard lock(mutex_);
    const auto found = parsed_.find(name_space);
    return found == parsed_.end() ? nullptr : found->second;
  }

  /// What there is already, for start(). [control]
  void load(const trellis::Host& host) {
    const auto* table = host.table<trellis_host_namespace>();
    if (table == nullptr) return;
    for (std::uint32_t i = 0; i < table->count(host.handle()); ++i) {
      const std::string_view name = trellis::text(table->name(host.handle(), i));
      trellis::with_resource(host, name, "namespaces", name, [&](const trellis::Resource& one) { put(one); });
    }
  }

  /// For resources_changed(): whether any of the changes were of namespaces. [control]
  bool update(const std::vector<trellis::ResourceChange>& changes) {
    bool any = false;
    for (const trellis::ResourceChange& change : changes) {
      if (change.either().type() != "namespaces") continue;
      any = true;
      if (change.after) {
        put(*change.after);
      } else {
        const std::lock_guard lock(mutex_);
        parsed_.erase(std::string(change.before->name_space()));
      }
    }
    return any;
  }

 private:
  void put(const trellis::Resource& resource) {
    auto made = make_(resource.name_space(),
                      resource.properties().object("topicSpacesConfiguration").object("clientAuthentication"));
    const std::lock_guard lock(mutex_);
    parsed_[std::string(resource.name_space())] = std::move(made);
  }

  Make make_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Parsed>, std::less<>> parsed_;
};

}  // namespace rights
