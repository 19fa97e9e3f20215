#include "key_ring.hpp"

#include <algorithm>
#include <utility>

#include "access_keys.hpp"

namespace events_service {
namespace {

constexpr std::string_view kNamespaces = "namespaces";

std::shared_ptr<const NamespaceKeys> read(const trellis::Host& host, std::string_view name) {
  auto read = std::make_shared<NamespaceKeys>();
  read->name = name;
  std::vector<std::string> texts;
  trellis::for_each_resource(host, name, kAccessKeys,
                             [&](const trellis::Resource& one) { texts.push_back(one.properties().text("key")); });
  if (!texts.empty()) {
    auto keys = http_credentials::AccessKeys::make(texts);
    if (keys) {
      read->keys = std::move(*keys);
    } else {  // they were put before this plugin was there to judge them
      host.log(trellis::Level::error, "the access keys of a namespace cannot be used and open nothing",
               {{"namespace", name}, {"error", keys.error().text}});
    }
  }
  trellis::with_resource(host, name, kNamespaces, name, [&](const trellis::Resource& settings) {
    read->local = !settings.properties().boolean("disableLocalAuth", false);
  });
  return read;
}

}  // namespace

void KeyRing::load(const trellis::Host& host) {
  auto all = std::make_shared<All>();
  for (std::uint32_t i = 0; i < host.namespace_count(); ++i) all->push_back(read(host, host.name_space(i).name));
  set(std::move(all));
}

void KeyRing::update(const trellis::Host& host, const std::vector<trellis::ResourceChange>& changes) {
  auto changed = std::make_shared<All>(*all());
  bool any = false;
  for (auto& one : *changed) {
    const bool concerned = std::ranges::any_of(changes, [&](const trellis::ResourceChange& change) {
      const std::string_view type = change.either().type();
      return (type == kAccessKeys || type == kNamespaces) && change.either().name_space() == one->name;
    });
    if (concerned) one = read(host, one->name);
    any = any || concerned;
  }
  if (any) set(std::move(changed));
}

std::shared_ptr<const KeyRing::All> KeyRing::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

void KeyRing::set(std::shared_ptr<const All> all) {
  {
    const std::lock_guard lock(mutex_);
    all_.swap(all);
  }
  // Behind the keys: who sees the new version finds them.
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace events_service
