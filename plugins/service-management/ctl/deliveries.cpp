#include "ctl/deliveries.hpp"

#include "ctl/event_api.hpp"
#include "ctl/show.hpp"
#include "query.hpp"

namespace management::ctl {
namespace {

using trellis::json::Value;

std::string number_of(const Value& from, std::string_view name) {
  const Value* const found = from.find(name);
  return found == nullptr ? "0" : std::to_string(found->integer);
}

std::string summary_of(const Value& all) {
  std::string out = text_at(&all, "state");
  if (const std::string until = text_at(&all, "until"); !until.empty()) out += " until " + until;
  out += "; " + number_of(all, "waiting") + " waiting, " + number_of(all, "underWay") + " under way; since the start " +
         number_of(all, "delivered") + " delivered, " + number_of(all, "failed") + " attempts failed, " +
         number_of(all, "refused") + " refused";
  if (const std::string last = text_at(&all, "lastDelivered"); !last.empty()) out += "; the last one at " + last;
  if (const std::string reason = text_at(&all, "reason"); !reason.empty()) out += '\n' + reason;
  return out + '\n';
}

}  // namespace

int run_deliveries(const CtlRequest& request, const Terminal& terminal) {
  const auto wrong = [&](const std::string& why, int code) {
    terminal.err("trellis ctl deliveries: " + why + '\n');
    return code;
  };
  const auto path = subscription_path(request.names[0]);
  if (!path) return wrong(path.error().text, kUsage);
  const auto api = EventApi::open(request, terminal);
  if (!api) return wrong(api.error().text, kUsage);
  const auto all = (*api)->get({.method = "GET", .path = *path + "/deliveries"});
  if (!all) return wrong(all.error().text, kFailed);
  if (terminal.json) {
    terminal.out(in_one_line(all->value) + '\n');
    return kDone;
  }
  std::string out = summary_of(all->value);
  if (const Value* const failures = all->value.find("recentFailures")) {
    for (const Value& one : failures->items) {
      out += text_at(&one, "time") + ' ' + text_at(&one, "outcome") +
             " id=" + trellis::json::quote(text_at(&one, "id")) + " attempt=" + number_of(one, "attempts") + ' ' +
             text_at(&one, "lastDeliveryOutcome") + ": " + text_at(&one, "reason") + '\n';
    }
  }
  terminal.out(out);
  return kDone;
}

}  // namespace management::ctl
