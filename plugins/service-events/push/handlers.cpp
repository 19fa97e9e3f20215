#include "handlers.hpp"

namespace events_service {

trellis::Result<std::shared_ptr<OpenedDestination>> OpenedDestination::open(const Handler& handler,
                                                                            const std::string& block) {
  trellis_error error{sizeof(trellis_error), 0, {}};
  void* const opened = handler->open(handler.instance(), trellis::view(block), &error);
  if (opened == nullptr) {
    const std::string_view said(error.text, error.size);
    return trellis::fail(std::string(said.empty() ? "the handler gave no reason" : said));
  }
  return std::shared_ptr<OpenedDestination>(new OpenedDestination(handler, opened));
}

void Handlers::look_for(const trellis::Host& host, const std::set<std::string>& names) {
  std::map<std::string, Handler, std::less<>> found;
  for (const std::string& name : names) {
    if (const auto handler = trellis::borrow<trellis_handler>(host, name)) found.emplace(name, *handler);
  }
  const std::lock_guard lock(mutex_);
  known_ = true;
  found_ = std::move(found);
}

std::optional<Handler> Handlers::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = found_.find(name);
  return found == found_.end() ? std::nullopt : std::optional(found->second);
}

bool Handlers::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

}  // namespace events_service
