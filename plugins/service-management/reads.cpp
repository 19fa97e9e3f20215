#include "reads.hpp"

#include <algorithm>
#include <optional>
#include <trellis/resources.hpp>

#include "entity_tags.hpp"
#include "envelope.hpp"
#include "name_filter.hpp"
#include "query.hpp"
#include "resolve.hpp"
#include "types.hpp"

namespace management {
namespace {

constexpr std::size_t kMostLookedAt = 20'000;
constexpr std::size_t kPageBytes = 1U << 20U;

/// What a request asks of a collection.
struct PageQuery {
  std::size_t top = 20;
  NameFilter filter;
  std::string filter_text;
  std::string after;  // names behind this one
};

std::optional<Problem> read_page_query(const trellis::Request& request, PageQuery& page) {
  Query query;
  if (auto problem = Query::read(request.query(), {"$filter", "$top", "$skipToken", "watch"}, query)) return problem;
  if (auto problem = query.number("$top", 1, 100, 20, page.top)) return problem;
  page.after = query.find("$skipToken").value_or("");
  page.filter_text = query.find("$filter").value_or("");
  if (page.filter_text.find_first_not_of(' ') == std::string::npos) return std::nullopt;
  auto filter = NameFilter::parse(page.filter_text);
  if (!filter) return bad_request(filter.error().text, "$filter");
  page.filter = std::move(filter).value();
  return std::nullopt;
}

/// Puts the page together.
class Page {
 public:
  Page(const Context& context, const Route& route, const PageQuery& query)
      : context_(context),
        route_(route),
        query_(query),
        prefix_(route.prefix()),
        secrets_(SecretPlaces::of(context.host, route.type)) {
    for (std::string& name : built_in_names(context.host, route.type)) {
      if (name > query.after && name.starts_with(prefix_)) built_in_.push_back(std::move(name));
    }
  }

  void fill() {
    // Not by for_each_resource(): it goes on to the end.
    const auto* table = context_.host.table<trellis_host_resources>();
    const std::string_view after = std::max<std::string_view>(query_.after, prefix_);
    table->list(context_.host.handle(), trellis::view(route_.name_space), trellis::view(route_.type),
                trellis::view(after), this, [](void* user, const trellis_resource* resource) {
                  return static_cast<Page*>(user)->take(trellis::Resource(*resource));
                });
    while (!full_ && !built_in_.empty()) take_built_in();
  }

  std::string json(const std::string& revision, const std::string& link) const {
    std::string out = R"({"value":[)" + values_ + R"(],"revision":)" + trellis::json::quote(revision);
    if (full_) out += R"(,"nextLink":)" + trellis::json::quote(link + "&$skipToken=" + percent_encode(last_));
    return out + '}';
  }

 private:
  // False: no more.
  bool take(const trellis::Resource& resource) {
    if (!resource.name().starts_with(prefix_)) return false;
    while (!full_ && !built_in_.empty() && built_in_.front() < resource.name()) take_built_in();
    if (full_) return false;
    if (!built_in_.empty() && built_in_.front() == resource.name()) built_in_.erase(built_in_.begin());
    if (!has_room()) return false;
    last_ = resource.name();
    if (query_.filter.passes(last_)) {
      add(envelope(route_, resource, secrets_,
                   context_.provisioning.state_of(route_.name_space, route_.type, resource.name())));
    }
    return true;
  }
  void take_built_in() {
    if (!has_room()) return;
    last_ = built_in_.front();
    if (query_.filter.passes(last_)) add(bare_envelope(route_, last_, "broker"));
    built_in_.erase(built_in_.begin());
  }
  bool has_room() {
    full_ = count_ == query_.top || values_.size() > kPageBytes || ++looked_at_ > kMostLookedAt;
    return !full_;
  }
  void add(const std::string& value) {
    if (count_++ > 0) values_ += ',';
    values_ += value;
  }

  const Context& context_;
  const Route& route_;
  const PageQuery& query_;
  const std::string prefix_;
  const SecretPlaces secrets_;
  std::vector<std::string> built_in_;  // not shown yet
  std::string values_;
  std::string last_;  // looked at
  std::size_t count_ = 0;
  std::size_t looked_at_ = 0;
  bool full_ = false;  // there is more
};

Problem not_there(const Route& route) {
  return {.status = 404, .code = "ResourceNotFound", .message = route.type + '/' + route.name + " is not there"};
}

}  // namespace

void answer_item(const Context& context, const trellis::Request& request, trellis::Reply& reply, const Route& route) {
  Query query;
  if (const auto problem = Query::read(request.query(), {}, query)) return send_problem(context, reply, *problem);
  const std::string_view field = request.header("if-none-match");
  const auto known = field.empty() ? std::nullopt : EntityTags::parse(field);
  const SecretPlaces secrets = SecretPlaces::of(context.host, route.type);
  std::string body;
  std::uint64_t revision = 0;
  trellis::with_resource(context.host, route.name_space, route.type, route.name, [&](const trellis::Resource& one) {
    revision = one.revision();
    body = envelope(route, one, secrets, context.provisioning.state_of(route.name_space, route.type, one.name()));
  });
  if (body.empty() && route.type == kNamespaces) body = bare_envelope(route, route.name, "");
  if (body.empty()) {
    const auto names = built_in_names(context.host, route.type);
    if (std::ranges::find(names, route.name) == names.end()) return send_problem(context, reply, not_there(route));
    body = bare_envelope(route, route.name, "broker");
  }
  const std::string tag = revision == 0 ? "" : to_tag(revision);
  if (known && revision != 0 && known->contains(revision)) return send_json(context, reply, 304, "", tag);
  send_json(context, reply, 200, body, tag);
}

void answer_namespaces(const Context& context, const trellis::Request& request, trellis::Reply& reply,
                       const Route& route) {
  Query query;
  if (const auto problem = Query::read(request.query(), {}, query)) return send_problem(context, reply, *problem);
  std::string values;
  for (const std::string& name : context.namespaces) {
    Route one = route;
    one.name_space = one.name = name;
    std::string value = bare_envelope(one, name, "");
    const SecretPlaces secrets = SecretPlaces::of(context.host, kNamespaces);
    trellis::with_resource(context.host, name, kNamespaces, name,
                           [&](const trellis::Resource& found) { value = envelope(one, found, secrets); });
    values += (values.empty() ? "" : ",") + value;
  }
  send_json(context, reply, 200, R"({"value":[)" + values + "]}");
}

void answer_page(const Context& context, const trellis::Request& request, trellis::Reply& reply, const Route& route) {
  PageQuery query;
  if (const auto problem = read_page_query(request, query)) return send_problem(context, reply, *problem);
  if (!route.parent.empty() &&
      !trellis::with_resource(context.host, route.name_space, route.parent_type, route.parent, [](const auto&) {}))
    return send_problem(context, reply, no_parent(route.parent_type, route.parent));
  // Before anything is looked at: what changes meanwhile is told again to those who watch from here.
  const std::string revision = context.ring->to_text(context.ring->end());
  Page page(context, route, query);
  page.fill();
  std::string link = context.public_url + std::string(request.mount() == "/" ? "" : request.mount()) +
                     route.collection_id() + "?$top=" + std::to_string(query.top);
  if (!query.filter_text.empty()) link += "&$filter=" + percent_encode(query.filter_text);
  send_json(context, reply, 200, page.json(revision, link));
}

}  // namespace management
