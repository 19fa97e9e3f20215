#include "predicate.hpp"

#include <algorithm>
#include <array>
#include <trellis/json.hpp>
#include <trellis/view.hpp>
#include <utility>

namespace events_service {
namespace {

using trellis::Config;
using trellis::Schema;

constexpr std::size_t kMost = 64;  // of one question

}  // namespace

Schema Predicate::schema() {
  return Schema{}
      .text("plugin", {.help = "The predicate plugin, as the configuration calls it.", .required = true})
      .property("filter",
                R"({"type":"object","additionalProperties":{},"default":{},"description":"What it lets pass, )"
                R"(as that plugin describes."})");
}

std::shared_ptr<Predicate> Predicate::read(const Config& properties) {
  const auto found = properties.find("predicate");
  if (!found) return nullptr;
  return std::shared_ptr<Predicate>(new Predicate(found->text("plugin"), std::string(found->object("filter").json())));
}

trellis::Result<std::shared_ptr<const Predicate::Compiled>> Predicate::compile(const trellis::Host& host,
                                                                               const Compiled* before) const {
  const auto lender = trellis::borrow<trellis_predicate>(host, plugin_);
  if (!lender)
    return trellis::fail("/predicate/plugin: needs the plugin " + trellis::json::quote(plugin_) +
                         ", which is not in the configuration or no predicate; add it to its \"plugins\"");
  if (before != nullptr && before->lender.same_lender(*lender)) return std::shared_ptr<const Compiled>();
  trellis_error error{sizeof(trellis_error), 0, {}};
  void* const compiled = (*lender)->compile(lender->instance(), trellis::view(filter_), &error);
  if (compiled != nullptr) return std::shared_ptr<const Compiled>(std::make_shared<Compiled>(*lender, compiled));
  const std::string said(error.text, error.size);
  return trellis::fail(std::string("/predicate/filter") + (said.starts_with('/') ? "" : ": ") +
                       (said.empty() ? "the plugin gives no reason" : said));
}

trellis::Result<void> Predicate::check(const trellis::Host& host) const {
  const auto compiled = compile(host, nullptr);
  return compiled ? trellis::ok() : trellis::Result<void>(compiled.error());
}

trellis::Result<void> Predicate::look(const trellis::Host& host) {
  auto compiled = compile(host, compiled_.get());  // nobody else changes it
  if (compiled && *compiled == nullptr) return trellis::ok();
  const std::lock_guard lock(mutex_);
  if (!compiled) {
    compiled_ = nullptr;
    return compiled.error();
  }
  compiled_ = std::move(compiled).value();
  return trellis::ok();
}

bool Predicate::judge(const trellis::Shard& shard, std::span<const trellis_message* const> messages,
                      std::span<bool> passes) {
  std::shared_ptr<const Compiled> compiled;
  {
    const std::lock_guard lock(mutex_);
    compiled = compiled_;
  }
  void* const state = compiled == nullptr ? nullptr : compiled->lender.shard(shard);
  if (state == nullptr) return false;
  for (std::size_t at = 0; at < messages.size(); at += kMost) {
    const std::size_t count = std::min(kMost, messages.size() - at);
    std::array<std::uint32_t, kMost> verdicts{};
    compiled->lender->judge(state, compiled->filter, messages.data() + at, verdicts.data(),
                            static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) {
      passes[at + i] = verdicts[i] == TRELLIS_VERDICT_PASS;
      if (verdicts[i] == TRELLIS_VERDICT_PASS || verdicts[i] == TRELLIS_VERDICT_DROP || told_.exchange(true)) continue;
      shard.host().log(trellis::Level::error,
                       "a predicate misbehaves: it leaves messages without a verdict, and they "
                       "are dropped",
                       {{"predicate", plugin_}});
    }
  }
  return true;
}

trellis_message as_message(std::string_view topic, std::string_view event) noexcept {
  trellis_message out{};
  out.struct_size = sizeof out;
  out.flags = TRELLIS_MESSAGE_TEXT | TRELLIS_MESSAGE_HAS_FORMAT | TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
  out.topic = trellis::view(topic);
  out.payload = trellis::view(event);
  out.content_type = trellis::view("application/cloudevents+json");
  out.qos = 1;
  return out;
}

}  // namespace events_service
