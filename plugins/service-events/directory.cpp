#include "directory.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <utility>

namespace events_service {
namespace {

constexpr std::array<std::string_view, 4> kTypes{"topics", "eventSubscriptions", "routes", "namespaces"};

constexpr char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

std::string small(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = small(c);
  return out;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return small(x) == small(y); });
}

const TopicFilters& TopicView::made() const {
  std::call_once(made_filters->made, [this] {
    cloud_event::FilterSet::Members members;
    for (const SubscriptionEntry& one : subscriptions) {
      if (one.settings->predicate != nullptr) made_filters->choosing.push_back(members.size());
      members.emplace_back(one.id, one.settings->filter);
    }
    made_filters->set.emplace(std::move(members));
  });
  return *made_filters;
}

const SubscriptionEntry* TopicView::find(std::string_view subscription) const noexcept {
  for (const SubscriptionEntry& one : subscriptions) {
    if (same_name(one.name, subscription)) return &one;
  }
  return nullptr;
}

std::shared_ptr<const TopicView> Directory::find(std::uint32_t name_space, std::string_view topic) const {
  const auto found = topics.find(Key(name_space, small(topic)));
  return found == topics.end() ? nullptr : found->second;
}

bool Directory::letters_lead(std::uint32_t name_space, std::string_view from, std::string_view to) const {
  std::vector<std::string> reached{small(from)};
  for (std::size_t next = 0; next < reached.size(); ++next) {
    if (same_name(reached[next], to)) return true;
    const auto topic = find(name_space, reached[next]);
    if (topic == nullptr) continue;
    for (const SubscriptionEntry& one : topic->subscriptions) {
      const auto& letters = one.settings->dead_letters;
      if (!letters || letters->kind != Destination::Kind::topic) continue;
      std::string further = small(letters->topic);
      if (std::ranges::find(reached, further) == reached.end()) reached.push_back(std::move(further));
    }
  }
  return false;
}

std::shared_ptr<const Directory> DirectoryKeeper::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void DirectoryKeeper::publish(std::shared_ptr<const Directory> next) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
  version_.fetch_add(1, std::memory_order_release);
}

std::int64_t DirectoryKeeper::namespace_index(std::string_view name) const {
  for (std::uint32_t i = 0; i < host_.namespace_count(); ++i) {
    if (host_.name_space(i).name == name) return i;
  }
  return -1;
}

void DirectoryKeeper::start(const trellis::Host& host, const Settings& settings) {
  host_ = host;
  settings_ = settings;
  auto next = std::make_shared<Directory>();
  for (std::uint32_t i = 0; i < host.namespace_count(); ++i) {
    const std::string_view name_space = host.name_space(i).name;
    for (const std::string_view type : kTypes) {
      trellis::for_each_resource(host, name_space, type, [&](const trellis::Resource& one) { put(*next, one); });
    }
  }
  publish(std::move(next));
}

void DirectoryKeeper::changed(const std::vector<trellis::ResourceChange>& changes) {
  auto next = std::make_shared<Directory>(*current());
  // Topics come before their subscriptions and go after them, in whatever order they were told.
  for (const std::string_view type : {kTypes[3], kTypes[2], kTypes[1], kTypes[0]}) {
    for (const trellis::ResourceChange& change : changes) {
      if (!change.after && change.before->type() == type) remove(*next, *change.before);
    }
  }
  for (const std::string_view type : kTypes) {
    for (const trellis::ResourceChange& change : changes) {
      if (change.after && change.after->type() == type) put(*next, *change.after);
    }
  }
  publish(std::move(next));
}

void DirectoryKeeper::put(Directory& next, const trellis::Resource& resource) {
  const std::int64_t name_space = namespace_index(resource.name_space());
  if (name_space < 0) return;
  if (resource.type() == "topics") {
    put_topic(next, static_cast<std::uint32_t>(name_space), resource);
  } else if (resource.type() == "routes") {
    put_route(next, static_cast<std::uint32_t>(name_space), resource);
  } else if (resource.type() == "namespaces") {
    put_namespace(next, static_cast<std::uint32_t>(name_space), resource);
  } else {
    put_subscription(next, static_cast<std::uint32_t>(name_space), resource);
  }
}

std::shared_ptr<TopicHome> DirectoryKeeper::home_of(std::string_view name) const {
  auto home = std::make_shared<TopicHome>();
  home->shard = static_cast<std::uint32_t>(std::hash<std::string>()(small(name)) % host_.shard_count());
  return home;
}

void DirectoryKeeper::put_topic(Directory& next, std::uint32_t name_space, const trellis::Resource& resource) {
  auto settings = TopicSettings::read(resource.properties());
  if (!settings) return;  // check_resource() let none of these in
  auto& slot = next.topics[{name_space, small(resource.name())}];
  auto view = slot != nullptr ? std::make_shared<TopicView>(*slot) : std::make_shared<TopicView>();
  view->name = resource.name();
  view->name_space = name_space;
  view->settings = *settings;
  if (view->home == nullptr) view->home = home_of(resource.name());
  slot = std::move(view);
}

void DirectoryKeeper::put_route(Directory& next, std::uint32_t name_space, const trellis::Resource& resource) {
  auto settings = RouteSettings::read(resource.properties(), settings_);
  if (!settings) {  // the plugin allowed more when it was made
    Settings before = settings_;
    before.filters.filters = before.filters.values = SIZE_MAX;
    host_.log(trellis::Level::warn, "a route does not fit the settings of today",
              {{"route", resource.name()}, {"why", settings.error().text}});
    settings = RouteSettings::read(resource.properties(), before);
  }
  if (settings) put_route(next, name_space, resource.name(), std::move(settings).value());
}

void DirectoryKeeper::put_namespace(Directory& next, std::uint32_t name_space, const trellis::Resource& resource) {
  auto settings = RouteSettings::read_namespace(resource);
  if (!settings) return;  // check_resource() let none of these in
  if (!*settings) {
    next.routes.erase(Directory::Key(name_space, kNamespaceRoute));
  } else {
    put_route(next, name_space, kNamespaceRoute, **std::move(settings));
  }
}

void DirectoryKeeper::put_route(Directory& next, std::uint32_t name_space, std::string_view name,
                                RouteSettings settings) {
  auto& slot = next.routes[{name_space, small(name)}];
  auto view = slot != nullptr ? std::make_shared<RouteView>(*slot) : std::make_shared<RouteView>();
  view->name = name;
  view->name_space = name_space;
  if (settings.predicate != nullptr) (void)settings.predicate->look(host_);  // who does not run yet is looked for later
  view->settings = std::make_shared<const RouteSettings>(std::move(settings));
  if (view->home == nullptr) view->home = home_of(name);
  slot = std::move(view);
}

void DirectoryKeeper::put_subscription(Directory& next, std::uint32_t name_space, const trellis::Resource& resource) {
  const auto [topic, name] = split_name(resource.name());
  const auto found = next.topics.find(Directory::Key(name_space, small(topic)));
  auto settings = SubscriptionSettings::read(resource.properties(), settings_);
  if (!settings) {  // the plugin allowed more when it was made
    Settings before = settings_;
    before.wide = true;
    before.filters.filters = before.filters.values = SIZE_MAX;
    before.dead_letter_path = "not set any more";  // letters wait
    before.any_letter_account = true;
    host_.log(trellis::Level::warn, "an event subscription does not fit the settings of today",
              {{"subscription", resource.name()}, {"why", settings.error().text}});
    settings = SubscriptionSettings::read(resource.properties(), before);
  }
  if (found == next.topics.end() || !settings) return;
  if (settings->predicate != nullptr) (void)settings->predicate->look(host_);
  auto view = std::make_shared<TopicView>(*found->second);
  auto kept = std::make_shared<const SubscriptionSettings>(std::move(settings).value());
  const auto same = [&](const SubscriptionEntry& one) { return same_name(one.name, name); };
  const auto there = std::ranges::find_if(view->subscriptions, same);
  if (there != view->subscriptions.end()) {
    there->settings = std::move(kept);
    there->revision = resource.revision();
  } else {
    view->subscriptions.push_back({++last_id_, std::string(name), resource.revision(), std::move(kept)});
  }
  view->made_filters = std::make_shared<TopicFilters>();
  found->second = std::move(view);
}

void DirectoryKeeper::remove(Directory& next, const trellis::Resource& resource) {
  const std::int64_t index = namespace_index(resource.name_space());
  if (index < 0) return;
  const auto name_space = static_cast<std::uint32_t>(index);
  if (resource.type() == "topics") {
    next.topics.erase(Directory::Key(name_space, small(resource.name())));
    return;
  }
  if (resource.type() == "routes") {
    next.routes.erase(Directory::Key(name_space, small(resource.name())));
    return;
  }
  if (resource.type() == "namespaces") {
    next.routes.erase(Directory::Key(name_space, kNamespaceRoute));
    return;
  }
  const auto [topic, name] = split_name(resource.name());
  const auto found = next.topics.find(Directory::Key(name_space, small(topic)));
  if (found == next.topics.end()) return;
  auto view = std::make_shared<TopicView>(*found->second);
  std::erase_if(view->subscriptions, [&](const SubscriptionEntry& one) { return same_name(one.name, name); });
  view->made_filters = std::make_shared<TopicFilters>();
  found->second = std::move(view);
}

}  // namespace events_service
