// What the blocks of all handlers' destinations have in common.
#pragma once

#include <initializer_list>
#include <string_view>
#include <trellis/schema.hpp>

namespace common {

/// maxEventsPerBatch and preferredBatchSizeInKilobytes, which whoever has events delivered reads. Both texts are helps.
trellis::Schema&& with_batches(
    trellis::Schema&& schema, std::string_view events,
    std::string_view kilobytes = "The size such a batch should not pass; one larger event still goes alone.");

/// A destination's block: its type, which is the first of them where it says none; its properties; and its context,
/// which whoever has events delivered adds, and which may be one of an event subscription only.
enum class Context { any, event_subscription };
trellis::Schema destination_schema(std::initializer_list<std::string_view> types, const trellis::Schema& properties,
                                   const trellis::ObjectOptions& of_properties, Context context = Context::any);

}  // namespace common
