#include "routes_here.hpp"

#include "topics_here.hpp"

namespace events_service {

void RoutesHere::follow(const Directory& directory) {
  if (draining_) return;
  auto left = std::exchange(routes_, {});
  for (const auto& [key, view] : directory.routes) {
    const auto found = left.find(view->home.get());
    if (found != left.end() && (found->second->is_open() || found->second->stopped())) {
      found->second->follow(view);
      routes_.insert(left.extract(found));
      continue;
    }
    if (view->home->shard.load(std::memory_order_relaxed) != here_.shard().index()) continue;
    auto made = std::make_unique<Route>(here_, tables_, view);
    if (const auto opened = made->open(); !opened) {
      // It lives elsewhere: that shard opens it the next time.
      if (opened.error().status == trellis::Status::unavailable)
        view->home->shard = (here_.shard().index() + 1) % here_.shard().host().shard_count();
      here_.shard().host().log(trellis::Level::error, opened.error().text, {{"route", view->name}});
      continue;
    }
    routes_.emplace(view->home.get(), std::move(made));
  }
  for (auto& [home, gone] : left) {
    gone->end();
    over_.push_back(std::move(gone));
  }
  if (!over_.empty()) free_over_ = here_.shard().after(std::chrono::milliseconds(0), [this] { over_.clear(); });
}

void RoutesHere::lenders_changed() {
  for (const auto& [home, route] : routes_) route->begin_anew();
}

void RoutesHere::drain() {
  draining_ = true;
  for (const auto& [home, route] : routes_) route->drain();
}

trellis_status RoutesHere::restore(const Directory& directory, trellis_subscriber* subscriber,
                                   const trellis_kept_subscriber& kept, const trellis_receiver** receiver,
                                   void** user) {
  const auto found = directory.routes.find(Directory::Key(kept.name_space, Route::name_in(trellis::text(kept.name))));
  if (found == directory.routes.end()) return TRELLIS_NO_MATCH;
  const auto& view = found->second;
  view->home->shard = here_.shard().index();
  auto made = std::make_unique<Route>(here_, tables_, view);
  std::tie(*receiver, *user) = made->take(subscriber);
  routes_.insert_or_assign(view->home.get(), std::move(made));
  return TRELLIS_OK;
}

}  // namespace events_service
