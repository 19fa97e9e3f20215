#include "retained.hpp"

#include <ctime>
#include <trellis/topic.hpp>
#include <utility>
#include <vector>

#include "common/http/target.hpp"
#include "draft.hpp"
#include "here.hpp"
#include "publishing.hpp"
#include "query.hpp"
#include "scan.hpp"

namespace mqtt_http {
namespace {

constexpr std::size_t kPage = 100;

std::string utc_time(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string expiry_of(const trellis_message& message) {
  return (message.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0 ? utc_time(message.expires_at_ms) : std::string();
}

std::size_t size_of(const trellis_message& message) {
  std::size_t size = message.topic.size + message.payload.size + message.content_type.size +
                     message.response_topic.size + message.correlation_data.size;
  for (std::uint32_t i = 0; i < message.user_property_count; ++i)
    size += message.user_properties[i].name.size + message.user_properties[i].value.size;
  return size;
}

/// What is left of one message once it is gone.
struct Found {
  std::string topic, payload, expiry, modified, qos, size;
};

void answer_message(Call& call, const Found& found) {
  trellis::Response response{.body = found.payload, .content_type = "application/octet-stream"};
  response.headers = {{"x-ms-mqtt-topic", found.topic},
                      {"x-ms-mqtt-qos", found.qos},
                      {"x-ms-mqtt-size", found.size},
                      {"x-ms-mqtt-last-modified", found.modified},
                      {"cache-control", "no-store"}};
  if (!found.expiry.empty()) response.headers.push_back({"x-ms-mqtt-expiry", found.expiry});
  call.answer(std::move(response));
}

void append_listed(std::string& out, const trellis_message& message) {
  out += out.empty() ? R"({"topic":)" : R"(,{"topic":)";
  append_json_text(out, trellis::text(message.topic));
  out +=
      R"(,"qos":)" + std::to_string(message.qos) + R"(,"size":)" + std::to_string(size_of(message)) + R"(,"expiry":)";
  const std::string expiry = expiry_of(message);
  out += expiry.empty() ? "null" : '"' + expiry + '"';
  out += R"(,"lastModifiedTime":")" + utc_time(message.published_at_ms) + "\"}";
}

/// One page as it comes together.
struct Page {
  Continuation from;  // topic empty: the first page
  std::size_t most = kPage;
  std::string mount;
  std::string items;
  std::size_t count = 0;
  std::string last;  // topic of the page
  bool more = false;

  bool add(const trellis_message& message) {
    const std::string_view topic = trellis::text(message.topic);
    if (!from.topic.empty() && !comes_before(from.topic, topic)) return true;
    if (count == most) {
      more = true;
      return false;
    }
    append_listed(items, message);
    last = topic;
    ++count;
    return true;
  }
  std::string body() const {
    std::string link = "null";
    if (more) {
      link.clear();
      append_json_text(link, mount + "/retainedMessages?continuationToken=" + Continuation{from.filter, last}.token() +
                                 "&maxResults=" + std::to_string(most));
    }
    return R"({"nextLink":)" + link + R"(,"retainedMessages":[)" + items + "]}";
  }
};

std::optional<Problem> read_page(const trellis::Request& request, const MessageLimits& limits, Page& page) {
  Query query;
  if (auto problem = Query::read(request.query(), {"topicFilter", "maxResults", "continuationToken"}, {}, query))
    return problem;
  if (auto problem = query.number("maxResults", 1, kPage, kPage, page.most)) return problem;
  page.mount = request.mount();
  const auto filter = query.find("topicFilter");
  const auto token = query.find("continuationToken");
  if (filter.has_value() == token.has_value())
    return bad_request("expected either topicFilter or continuationToken",
                       filter ? "continuationToken" : "topicFilter");
  if (token) {
    auto from = Continuation::read(*token);
    if (!from) return bad_request("expected what the page before gave", "continuationToken");
    page.from = std::move(*from);
  } else {
    page.from.filter = *filter;
  }
  return check_filter(page.from.filter, limits);
}

// ---- deleting

struct Deletion {
  std::string filter;
  std::size_t most;
  std::vector<std::string> topics;
  bool more = false;
};

/// Each one the client may publish to is deleted as an MQTT client would: by a message without payload.
void delete_found(Call& call, const Caller& caller, const Deletion& deletion) {
  std::size_t refused = 0;
  std::vector<Draft> drafts;
  for (const std::string& topic : deletion.topics) {
    const auto status =
        call.here().tables().publish->may_publish(caller.connection, trellis::view(caller.name), trellis::view(topic));
    if (status != TRELLIS_OK) {
      ++refused;
      continue;
    }
    Draft& draft = drafts.emplace_back();
    draft.topic = topic;
    draft.flags = TRELLIS_MESSAGE_RETAIN;
  }
  if (!drafts.empty()) {
    if (const auto problem = within_rates(call, caller, drafts)) return call.refuse(*problem);
  }
  std::size_t deleted = 0;
  for (const trellis_status status : publish(call, caller, drafts)) ++(accepted(status) ? deleted : refused);
  const std::string body = R"({"deleted":)" + std::to_string(deleted) + R"(,"refused":)" + std::to_string(refused) +
                           R"(,"more":)" + (deletion.more ? "true}" : "false}");
  when_kept(call, [body](Call& done, bool kept) {
    if (!kept) return done.refuse({500, "the store failed: what was deleted may be there after a restart", {}});
    done.answer({.body = body, .content_type = "application/json"});
  });
}

}  // namespace

void read_retained(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  Query query;
  auto problem = Query::read(request.query(), {"topic"}, {}, query);
  const std::string topic(query.find("topic").value_or(""));
  if (!problem && !trellis::valid_topic_name(topic))
    problem = bad_request(in_quotes(topic) + " is no topic name", "topic");
  if (!problem) problem = check_filter(topic, call->here().settings().limits);
  call->with_client(request, [problem, topic](Call& known, const Caller& caller) {
    if (problem) return known.refuse(*problem);
    const auto found = std::make_shared<std::optional<Found>>();
    Scan::begin(
        known, caller, topic,
        [found](const trellis_message& message) {
          *found = Found{trellis::http::percent_encode(trellis::text(message.topic), "-._~/:@!$&'()*,;="),
                         std::string(trellis::text(message.payload)),
                         expiry_of(message),
                         utc_time(message.published_at_ms),
                         std::to_string(message.qos),
                         std::to_string(size_of(message))};
          return false;
        },
        [found](Call& done) {
          if (*found) return answer_message(done, **found);
          done.refuse({404, "no message is retained there", "topic"});
        });
  });
}

void list_retained(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  const auto page = std::make_shared<Page>();
  const auto problem = read_page(request, call->here().settings().limits, *page);
  call->with_client(request, [problem, page](Call& known, const Caller& caller) {
    if (problem) return known.refuse(*problem);
    Scan::begin(
        known, caller, page->from.filter, [page](const trellis_message& message) { return page->add(message); },
        [page](Call& done) {
          const std::string body = page->body();
          trellis::Response response{.body = body, .content_type = "application/json"};
          response.headers.push_back({"cache-control", "no-store"});
          done.answer(std::move(response));
        });
  });
}

void delete_retained(const std::shared_ptr<Call>& call, const trellis::Request& request) {
  Query query;
  auto problem = Query::read(request.query(), {"topicFilter"}, {}, query);
  const auto deletion = std::make_shared<Deletion>(
      Deletion{std::string(query.find("topicFilter").value_or("")), call->here().settings().deleted_messages, {}});
  if (!problem) problem = check_filter(deletion->filter, call->here().settings().limits);
  call->with_client(request, [problem, deletion](Call& known, const Caller& caller) {
    if (problem) return known.refuse(*problem);
    Scan::begin(
        known, caller, deletion->filter,
        [deletion](const trellis_message& message) {
          deletion->more = deletion->topics.size() == deletion->most;
          if (!deletion->more) deletion->topics.emplace_back(trellis::text(message.topic));
          return !deletion->more;
        },
        // By now the connection may be another client's.
        [deletion](Call& found) {
          found.with_client_again(
              [deletion](Call& again, const Caller& client) { delete_found(again, client, *deletion); });
        });
  });
}

}  // namespace mqtt_http
