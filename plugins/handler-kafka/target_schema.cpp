// The settings of a destination, with what they mean.
#include <utility>

#include "common/checked_block/destination_block.hpp"
#include "target.hpp"

namespace kafka {
namespace {

using trellis::Schema;

Schema sasl_schema() {
  return Schema{}
      .choice("mechanism", {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"},
              {.help = "How the broker proves who it is.", .fallback = "SCRAM-SHA-512"})
      .text("username", {.help = "Who it is.", .required = true, .minimum_length = 1, .maximum_length = 1024})
      .secret("password", {.help = "Its password.", .required = true});
}

Schema&& with_place(Schema&& schema) {
  return std::move(schema)
      .text("bootstrapServers", {.help = "Of Kafka: servers of the cluster that are asked for the others, as "
                                         "host:port, separated by commas.",
                                 .maximum_length = 4096})
      .secret("connectionString", {.help = "Of EventHub: as the portal shows it. Everything else about the cluster and "
                                           "the identity follows from it."})
      .text("topic", {.help = "The topic; of EventHub the event hub, where the connection string has no EntityPath.",
                      .minimum_length = 1,
                      .maximum_length = 249});
}

Schema&& with_form(Schema&& schema) {
  return std::move(schema)
      .choice("mode", {"structured", "binary"},
              {.help = "How an event lies in a record, by CloudEvents' Kafka binding. structured: the value is the "
                       "event in JSON. binary: attributes are headers ce_…, the value is the data.",
               .fallback = "structured"})
      .text("partitionKey", {.help = "Where in the event the record's key is, such as subject or data.order.id. Events "
                                     "with the same key are on one partition, in their order. Default: the attribute "
                                     "partitionkey, or else subject.",
                             .minimum_length = 1})
      .list("deliveryAttributeMappings", common::attribute_mapping_schema(),
            {.help = "Headers of the subscription's own.",
             .maximum_items = common::AttributeMappings::kMost,
             .fallback = "[]"})
      .choice("compression", {"none", "gzip", "snappy", "lz4", "zstd"},
              {.help = "How records are compressed on their way and in the cluster.", .fallback = "none"})
      .bytes("maxMessageBytes", {.help = "Longest record, key and headers included; what is longer is refused. The "
                                         "topic's own max.message.bytes has to allow it.",
                                 .fallback = "1MiB",
                                 .minimum = "1KiB",
                                 .maximum = "64MiB"})
      .duration("messageTimeout", {.help = "How long an event may take to be acknowledged. Default: the plugin's.",
                                   .minimum = "1s",
                                   .maximum = "10m"});
}

Schema&& with_batches(Schema&& schema) {
  return common::with_batches(std::move(schema),
                              "Most events that are given to the handler at a time. Each is a record of its own; "
                              "records of a request are put together anyway.");
}

Schema&& with_identity(Schema&& schema) {
  return std::move(schema)
      .boolean("tls", {.help = "Whether connections are encrypted, and servers prove their names.", .fallback = true})
      .text("caCertificates", {.help = "PEM text of the authorities that vouch for the cluster. Default: the plugin's "
                                       "ca_file, or the system's.",
                               .maximum_length = 1'000'000})
      .text("clientCertificate", {.help = "PEM text of a certificate to show, with what leads to its authority.",
                                  .maximum_length = 1'000'000})
      .secret("clientKey", {.help = "PEM text of its key, without a password."})
      .object("sasl", sasl_schema(), {.help = "Of Kafka: by name and password."})
      .text("clientId", {.help = "What the cluster's logs and quotas call the broker.",
                         .fallback = "trellis",
                         .minimum_length = 1,
                         .maximum_length = 249});
}

}  // namespace

Schema target_schema() {
  return common::destination_schema({"Kafka", "EventHub"}, with_identity(with_batches(with_form(with_place(Schema{})))),
                                    {.help = "Where events go.", .required = true});
}

}  // namespace kafka
