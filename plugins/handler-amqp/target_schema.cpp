// The settings of a destination, with what they mean.
#include <utility>

#include "target.hpp"

namespace amqp {
namespace {

using trellis::Schema;

constexpr std::int64_t kAmqpsPort = 5671;

Schema&& with_form(Schema&& schema) {
  return std::move(schema)
      .choice(
          "mode", {"structured", "binary"},
          {.help = "How an event lies in a message, by CloudEvents' AMQP binding. structured: the body is the event "
                   "in JSON. binary: attributes are application properties cloudEvents:…, the body is the data.",
           .fallback = "structured"})
      .list("deliveryAttributeMappings", common::attribute_mapping_schema(),
            {.help = "Application properties of the subscription's own. At Service Bus SessionId, PartitionKey, "
                     "CorrelationId and Label are the message's own properties.",
             .maximum_items = common::AttributeMappings::kMost,
             .fallback = "[]"});
}

Schema sasl_schema() {
  return Schema{}
      .choice("mechanism", {"PLAIN", "EXTERNAL", "ANONYMOUS"},
              {.help = "How the broker proves who it is. EXTERNAL: by the certificate that the layer shows.",
               .fallback = "PLAIN"})
      .text("username", {.help = "PLAIN: who it is.", .minimum_length = 1, .maximum_length = 1024})
      .secret("password", {.help = "PLAIN: its password."});
}

Schema amqp_schema() {
  return peer_link::with_peer(Schema{}, kAmqpsPort)
      .text("address", {.help = "The queue, exchange or topic, as the broker there calls it: /queues/orders, orders.",
                        .required = true,
                        .minimum_length = 1,
                        .maximum_length = 1024})
      .boolean("durable", {.help = "Whether the queue is to outlive its broker's end: RabbitMQ makes one that is not "
                                   "there so.",
                           .fallback = true})
      .text("virtualHost", {.help = "The name the broker is asked for; RabbitMQ takes vhost:NAME. Default: host.",
                            .maximum_length = 255})
      .object("sasl", sasl_schema(), {.help = "How the broker proves who it is. Default: it does not (ANONYMOUS)."});
}

Schema service_bus_schema(std::string_view entity, std::string_view what) {
  return peer_link::with_batches(
      Schema{}
          .secret("connectionString",
                  {.help = "As the portal shows it, with SharedAccessKeyName and SharedAccessKey.", .required = true})
          .text(entity, {.help = what, .minimum_length = 1, .maximum_length = 260})
          .text("layer", {.help = "Instance of the layer that encrypts, one of the configuration's outbound.layers. "
                                  "Default: outbound.tls.",
                          .fallback = ""}));
}

}  // namespace

Schema target_schema(std::string_view endpoint_type) {
  if (endpoint_type == "ServiceBusQueue") {
    return peer_link::destination_schema(
        endpoint_type,
        with_form(service_bus_schema("queue", "The queue, where the connection string has no EntityPath.")));
  }
  if (endpoint_type == "ServiceBusTopic") {
    return peer_link::destination_schema(
        endpoint_type,
        with_form(service_bus_schema("topic", "The topic, where the connection string has no EntityPath.")));
  }
  return peer_link::destination_schema("Amqp", with_form(amqp_schema()));
}

}  // namespace amqp
