#include "custom_domains.hpp"

#include <algorithm>
#include <trellis/json.hpp>

#include "proof.hpp"

namespace custom_domains {
namespace {

constexpr std::string_view kValidate = ":validate";
constexpr trellis::Pair kNoStore{"cache-control", "no-store"};

void answer(trellis::Reply& reply, std::uint32_t status, std::string_view body) {
  reply.send({.status = status, .body = body, .content_type = "application/json", .headers = {kNoStore}});
}

void answer_error(trellis::Reply& reply, std::uint32_t status, std::string_view code, std::string_view message) {
  answer(reply, status,
         R"({"error":{"code":)" + trellis::json::quote(code) + R"(,"message":)" + trellis::json::quote(message) + "}}");
}

void answer_wrong_method(trellis::Reply& reply, std::string_view allowed) {
  static constexpr std::string_view kBody =
      R"({"error":{"code":"MethodNotAllowed","message":"read it with GET, or POST /<domain>:validate"}})";
  reply.send(
      {.status = 405, .body = kBody, .content_type = "application/json", .headers = {kNoStore, {"allow", allowed}}});
}

std::string to_json(const Entry& entry) {
  using trellis::json::quote;
  return R"({"fullyQualifiedDomainName":)" + quote(entry.name) + R"(,"namespace":)" + quote(entry.name_space) +
         R"(,"validationState":)" + quote(to_text(entry.validation)) + R"(,"expectedTxtRecordName":)" +
         quote(record_name(entry.name)) + R"(,"expectedTxtRecordValue":)" + quote(entry.record_value) + "}";
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

trellis::Schema CustomDomains::schema() {
  return trellis::Schema{}
      .secret("secret", {.help = "What the records' values are made from, at least 16 bytes. Another one makes other "
                                 "values, and every record has to be published anew.",
                         .required = true})
      .duration("check_interval", {.help = "How long a domain waits for its second check, and how often the "
                                           "configuration is looked at.",
                                   .fallback = "30s",
                                   .minimum = "1s",
                                   .maximum = "1h"})
      .duration("longest_check_interval", {.help = "To what the time between checks grows, doubling each time, while "
                                                   "there is no proof.",
                                           .fallback = "5m",
                                           .minimum = "1s",
                                           .maximum = "24h"})
      .duration("revalidation_interval", {.help = "How often an approved domain is looked at again. When its record is "
                                                  "gone three times in a row, the approval is withdrawn.",
                                          .fallback = "24h",
                                          .minimum = "1m",
                                          .maximum = "30d"})
      .example(R"({"secret": "${file:/etc/trellis/domains.secret}"})");
}

trellis::Result<void> CustomDomains::configure(const trellis::Config& config) {
  const std::string secret = config.text("secret");
  if (secret.size() < kShortestSecret) {
    return trellis::fail("/secret: it has " + std::to_string(secret.size()) + " bytes, at least " +
                         std::to_string(kShortestSecret) + " are needed; try: openssl rand -hex 32");
  }
  Intervals intervals;
  intervals.check = config.milliseconds("check_interval");
  intervals.longest_check = config.milliseconds("longest_check_interval");
  intervals.revalidation = config.milliseconds("revalidation_interval");
  shared_ = std::make_shared<Shared>(secret, intervals);
  return trellis::ok();
}

trellis::Result<void> CustomDomains::start() {
  static constexpr std::string_view kDomains = "Custom domains, by their state.";
  static constexpr std::string_view kChecks = "Look-ups of custom domains' TXT records, by what was found.";
  const auto domains = [&](Validation validation, std::string_view labels) {
    metrics_.domains[static_cast<std::size_t>(validation)] = host().gauge("trellis_custom_domains", kDomains, labels);
  };
  domains(Validation::pending, "state=\"pending\"");
  domains(Validation::approved, "state=\"approved\"");
  domains(Validation::error, "state=\"error\"");
  metrics_.found = host().counter("trellis_custom_domain_checks_total", kChecks, "outcome=\"records\"");
  metrics_.missing = host().counter("trellis_custom_domain_checks_total", kChecks, "outcome=\"none\"");
  metrics_.unreachable = host().counter("trellis_custom_domain_checks_total", kChecks, "outcome=\"unreachable\"");
  return trellis::ok();
}

void CustomDomains::on_request(const trellis::Request& request, trellis::Reply reply) {
  const bool reads = request.method() == "GET" || request.method() == "HEAD";
  std::string_view path = request.path();
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with(kValidate)) {
    path.remove_suffix(kValidate.size());
    if (request.method() != "POST") return answer_wrong_method(reply, "POST");
    return validate(request, lower_case(path), reply);
  }
  if (!reads) return answer_wrong_method(reply, "GET, HEAD");
  path.empty() ? answer_list(reply) : answer_one(lower_case(path), reply);
}

void CustomDomains::answer_list(trellis::Reply& reply) {
  std::string body = R"({"customDomains":[)";
  {
    const std::lock_guard lock(shared_->mutex);
    for (const auto& [name, entry] : shared_->book.entries()) {
      if (body.back() != '[') body += ',';
      body += to_json(entry);
    }
  }
  answer(reply, 200, body + "]}");
}

void CustomDomains::answer_one(std::string_view name, trellis::Reply& reply) {
  std::string body;
  {
    const std::lock_guard lock(shared_->mutex);
    if (const Entry* entry = shared_->book.find(name)) body = to_json(*entry);
  }
  if (body.empty()) return answer_error(reply, 404, "NotFound", "no namespace has that custom domain");
  answer(reply, 200, body);
}

void CustomDomains::validate(const trellis::Request& request, std::string_view name, trellis::Reply& reply) {
  std::string body;
  bool asked = false;
  {
    const std::lock_guard lock(shared_->mutex);
    const Entry* const entry = shared_->book.find(name);
    if (entry == nullptr) return answer_error(reply, 404, "NotFound", "no namespace has that custom domain");
    body = to_json(*entry);
    asked = shared_->book.ask_now(name, request.shard().now());
  }
  if (asked) check_soon();
  answer(reply, 202, body);
}

void CustomDomains::check_soon() {
  host().post(0, [shared = shared_] {
    if (shared->checker != nullptr) shared->checker->turn();
  });
}

}  // namespace custom_domains
