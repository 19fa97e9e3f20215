// Predicates: they choose messages for one subscription.
#pragma once

#include <trellis/abi/filter.h>

#include <memory>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/plugin.hpp>

namespace trellis {

/// A subscription's filter, ready to judge. Used by all shards at once, so it never changes. Override one of the two.
class Condition {
 public:
  virtual ~Condition() = default;
  /// Whether the subscription gets the message. Must not block or allocate.
  virtual bool matches(const Message&) const noexcept { return false; }
  /// The same for those that need what the plugin keeps for the shard.
  virtual bool matches_on(const Shard&, const Message& message) const noexcept { return matches(message); }
};

class Predicate : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_PREDICATE;

  /// Compiles the filter of one subscription, or says what is wrong with it. The text was only checked to be JSON.
  virtual Result<std::unique_ptr<Condition>> compile(const Config& filter) = 0;

  const void* table(std::string_view id) override {
    static constexpr trellis_predicate kTable{sizeof(trellis_predicate), &compile_glue, &judge_glue, &release_glue};
    return id == kTableId<trellis_predicate> ? &kTable : nullptr;
  }

 private:
  static void* compile_glue(void* instance, trellis_view filter, trellis_error* error) noexcept {
    void* compiled = nullptr;
    glue::guarded(error, Status::invalid, [&]() -> Result<void> {
      const auto settings = Config::parse(filter.size > 0 ? text(filter) : "{}");
      if (!settings) return settings.error();
      auto condition = static_cast<Predicate&>(glue::plugin(instance)).compile(*settings);
      if (!condition) return condition.error();
      if (*condition == nullptr) return fail("the plugin answered no condition");
      compiled = std::move(condition).value().release();
      return ok();
    });
    return compiled;
  }

  static void judge_glue(void* shard, void* compiled, const trellis_message* const* messages, std::uint32_t* verdicts,
                         std::uint32_t count) noexcept {
    const auto& condition = *static_cast<const Condition*>(compiled);
    for (std::uint32_t i = 0; i < count; ++i) {
      verdicts[i] =
          condition.matches_on(glue::shard(shard), Message(messages[i])) ? TRELLIS_VERDICT_PASS : TRELLIS_VERDICT_DROP;
    }
  }

  static void release_glue(void*, void* compiled) noexcept { delete static_cast<Condition*>(compiled); }
};

}  // namespace trellis
