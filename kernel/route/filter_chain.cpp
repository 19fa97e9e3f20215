#include "route/filter_chain.hpp"

#include <trellis/runtime/log.hpp>
#include <trellis/topic.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

struct Batch final : trellis_batch {
  std::string_view name_space;
  const trellis_identity* publisher = nullptr;
  std::int64_t wall_ms = 0;
  std::vector<const Message*> in;
  std::vector<MessagePtr> replaced;
  std::vector<MessagePtr> copies;
};

Batch& of(trellis_batch* batch) { return *static_cast<Batch*>(batch); }

// The edited message keeps the sender of the original.
MessagePtr edited(const Batch& batch, const Message& original, const trellis_publication& publication) {
  return make_message(publication, batch.wall_ms, text_of(original.facts().publisher),
                      text_of(original.facts().publisher_identity), original.origin());
}

trellis_status replace(trellis_batch* handle, std::uint32_t index, const trellis_publication* message) {
  Batch& batch = of(handle);
  if (index >= batch.in.size() || !valid_topic_name(text_of(message->topic))) return TRELLIS_INVALID;
  batch.replaced[index] = edited(batch, *batch.in[index], *message);
  return TRELLIS_OK;
}

trellis_status copy(trellis_batch* handle, const trellis_publication* message) {
  Batch& batch = of(handle);
  if (!valid_topic_name(text_of(message->topic))) return TRELLIS_INVALID;
  batch.copies.push_back(edited(batch, *batch.in.front(), *message));
  return TRELLIS_OK;
}

const char* misbehaviour(std::uint32_t verdict) {
  if (verdict == TRELLIS_VERDICT_UNSET) return "left a message without a verdict";
  if (verdict == TRELLIS_VERDICT_REPLACED) return "said REPLACED without a replace() that succeeded";
  return "gave a verdict that is none";
}

trellis_view name_space(const trellis_batch* batch) { return view_of(static_cast<const Batch*>(batch)->name_space); }

const trellis_identity* publisher(const trellis_batch* batch) { return static_cast<const Batch*>(batch)->publisher; }

}  // namespace

const trellis_host_stage& stage_table() noexcept {
  static const trellis_host_stage table{sizeof table, &replace, &copy, &name_space, &publisher};
  return table;
}

FilterChain::Result FilterChain::run(const Message* const* messages, std::size_t count, std::int64_t wall_ms,
                                     const trellis_identity* publisher) const {
  Result result;
  result.out.assign(messages, messages + count);
  for (std::size_t i = 0; i < count; ++i) result.origin.push_back(i);
  for (const StageBinding& stage : stages_) {
    if (result.out.empty()) break;
    Batch batch{{}, name_space_, publisher, wall_ms, result.out, {}, {}};
    batch.replaced.resize(batch.in.size());
    std::vector<const trellis_message*> facts;
    for (const Message* message : batch.in) facts.push_back(&message->facts());
    std::vector<std::uint32_t> verdicts(facts.size(), TRELLIS_VERDICT_UNSET);
    stage.table->on_messages(stage.shard_state, &batch, facts.data(), verdicts.data(),
                             static_cast<std::uint32_t>(facts.size()));
    Result passed;
    passed.made = std::move(result.made);
    passed.dropped = result.dropped;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i] == TRELLIS_VERDICT_PASS) {
        passed.out.push_back(batch.in[i]);
        passed.origin.push_back(result.origin[i]);
      } else if (verdicts[i] == TRELLIS_VERDICT_REPLACED && batch.replaced[i]) {
        passed.out.push_back(batch.replaced[i].get());
        passed.origin.push_back(result.origin[i]);
        passed.made.push_back(std::move(batch.replaced[i]));
      } else if (++passed.dropped; verdicts[i] != TRELLIS_VERDICT_DROP) {
        log::seldom("route", log::Level::error,
                    std::string("stage misbehaved: ") + misbehaviour(verdicts[i]) + ", which drops the message",
                    {{"stage", stage.name}});
      }
    }
    for (MessagePtr& copied : batch.copies) {
      passed.out.push_back(copied.get());
      passed.origin.push_back(SIZE_MAX);
      passed.made.push_back(std::move(copied));
    }
    result = std::move(passed);
  }
  return result;
}

}  // namespace trellis::kernel
