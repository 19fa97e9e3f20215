#include "common/checked_block/destination_block.hpp"

#include <utility>

namespace common {

using trellis::Schema;

Schema&& with_batches(Schema&& schema, std::string_view events, std::string_view kilobytes) {
  return std::move(schema)
      .integer("maxEventsPerBatch", {.help = events, .fallback = 1, .minimum = 1, .maximum = 5000})
      .integer("preferredBatchSizeInKilobytes", {.help = kilobytes, .fallback = 64, .minimum = 1, .maximum = 1024});
}

Schema destination_schema(std::initializer_list<std::string_view> types, const Schema& properties,
                          const trellis::ObjectOptions& of_properties, Context context) {
  const bool needed = context == Context::event_subscription;
  return Schema{}
      .choice("endpointType", types, {.help = "What kind of destination it is.", .fallback = *types.begin()})
      .object("properties", properties, of_properties)
      .object("context",
              Schema{}
                  .text("namespace", {.help = "Its namespace.", .required = needed})
                  .text("topic", {.help = "Its topic.", .required = needed})
                  .text("subscription", {.help = "Its name.", .required = needed}),
              {.help = "Whose destination it is, added by whoever has events delivered.", .required = needed});
}

}  // namespace common
