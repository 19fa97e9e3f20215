#include "common/events/settle_request.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "common/cloud_event/json_text.hpp"
#include "common/cloud_event/scratch.hpp"
#include "common/events/json.hpp"

namespace events {
namespace {

constexpr std::string_view kName = "lockTokens";
constexpr std::size_t kDepth = 64;

Problem wrong(const std::string& found) {
  return problem(400, "member 'lockTokens': found " + found + ", expected an array of texts", std::string(kName));
}

}  // namespace

class SettleRequest::Reader {
 public:
  Reader(SettleRequest& request, std::string_view body, std::string_view text)
      : request_(request), body_(body), text_(text), walk_(text, kDepth) {}

  std::optional<Problem> read() {
    using simdjson::SUCCESS;
    auto& parser = cloud_event::Scratch::of_this_thread().parser_for(text_.size());
    const std::size_t allocated = text_.size() + simdjson::SIMDJSON_PADDING;
    simdjson::ondemand::document document;
    simdjson::ondemand::object members;
    if (!cloud_event::trim(text_).starts_with('{')) return broken();
    if (parser.iterate(text_.data(), text_.size(), allocated).get(document) != SUCCESS) return broken();
    if (document.get_object().get(members) != SUCCESS) return broken();
    bool found = false;
    for (auto entry : members) {
      simdjson::ondemand::field member;
      std::string_view name;
      if (std::move(entry).get(member) != SUCCESS || !walk_.name(member, name)) return broken();
      if (name != kName) {
        if (!walk_.value(member.value())) return broken();
        continue;
      }
      if (std::exchange(found, true)) return wrong("it twice");
      if (auto problem = list(member.value())) return problem;
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return broken();
    return found ? std::nullopt : std::optional(wrong("none"));
  }

 private:
  std::optional<Problem> list(simdjson::ondemand::value value) {
    const std::string_view token = cloud_event::trim(value.raw_json_token());
    simdjson::ondemand::array elements;
    if (!token.starts_with('[')) {
      if (!walk_.value(value)) return broken();
      return wrong(token.starts_with('{') ? "an object" : token.starts_with('"') ? "a text" : in_quotes(token));
    }
    if (value.get_array().get(elements) != simdjson::SUCCESS) return broken();
    for (auto entry : elements) {
      if (entry.error() != simdjson::SUCCESS) return broken();
      if (auto problem = element(entry.value_unsafe())) return problem;
    }
    return std::nullopt;
  }

  std::optional<Problem> element(simdjson::ondemand::value value) {
    const std::string_view token = cloud_event::trim(value.raw_json_token());
    auto& tokens = request_.tokens_;
    if (!walk_.value(value)) return broken();
    if (!token.starts_with('"')) {
      const bool holds = token.front() == '{' || token.front() == '[';
      return wrong((holds ? "no text" : in_quotes(token)) + " at place " + std::to_string(tokens.size()));
    }
    if (tokens.size() >= request_.rules_.tokens) {
      const std::string most = std::to_string(request_.rules_.tokens);
      return problem(400, "member 'lockTokens': found more than " + most + " tokens", std::string(kName));
    }
    const std::string_view raw(body_.data() + (token.data() + 1 - text_.data()), token.size() - 2);
    if (raw.find('\\') == std::string_view::npos) {
      tokens.push_back({raw});
      return std::nullopt;
    }
    const auto meant = cloud_event::unescape(raw, request_.arena_.room(raw.size()));
    if (!meant) return broken();
    tokens.push_back({*meant});
    return std::nullopt;
  }

  std::optional<Problem> broken() const {
    std::string sentence = "the body is not a JSON object with the member 'lockTokens'";
    if (walk_.at() != nullptr) sentence += ": broken at or behind byte " + std::to_string(walk_.at() - text_.data());
    return problem(400, std::move(sentence), std::string(kName));
  }

  SettleRequest& request_;
  std::string_view body_;
  std::string_view text_;
  JsonWalk walk_;
};

std::optional<Problem> SettleRequest::read(std::string_view body, std::size_t readable) {
  arena_.begin();
  tokens_.clear();
  if (body.size() > rules_.body_bytes) {
    return problem(400, "the body: found " + std::to_string(body.size()) + " bytes, expected at most " +
                            std::to_string(rules_.body_bytes));
  }
  const std::string_view text = cloud_event::Scratch::of_this_thread().padded(body, readable);
  auto refused = Reader(*this, body, text).read();
  if (refused) {
    tokens_.clear();
  } else {
    mark_repeated();
  }
  return refused;
}

void SettleRequest::mark_repeated() {
  order_.resize(tokens_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::sort(order_, [&](std::size_t a, std::size_t b) {
    const int compared = tokens_[a].text.compare(tokens_[b].text);
    return compared != 0 ? compared < 0 : a < b;
  });
  for (std::size_t i = 1; i < order_.size(); ++i) {
    if (tokens_[order_[i]].text == tokens_[order_[i - 1]].text) tokens_[order_[i]].repeated = true;
  }
}

}  // namespace events
