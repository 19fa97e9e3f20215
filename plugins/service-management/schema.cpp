// What can be set, which is the manual too.
#include "management.hpp"

namespace management {

trellis::Schema Management::schema() {
  return trellis::Schema{}
      .list("tokens",
            trellis::Schema{}
                .text("name", {.help = "What the log calls its holder.", .required = true, .minimum_length = 1})
                .secret("token",
                        {.help = "What requests carry as Authorization: Bearer; at least 16 bytes.", .required = true})
                .choice(
                    "permissions", {"read", "write"},
                    {.help = "read: everything is seen and changes are tried without being made; write: they are made.",
                     .fallback = "read"}),
            {.help = "Who may use it. Nobody may without one.", .fallback = "[]"})
      .integer("batch_operations",
               {.help = "Most changes in one call.", .fallback = 1000, .minimum = 1, .maximum = 10'000})
      .bytes("body_bytes", {.help = "Largest body of a request; the transport has a limit of its own.",
                            .fallback = "4MiB",
                            .minimum = "1KiB",
                            .maximum = "64MiB"})
      .integer(
          "pending_changes",
          {.help = "Most calls that wait for the broker to make or try their changes, in equal shares for all tokens; "
                   "further ones are answered with 503.",
           .fallback = 64,
           .minimum = 1,
           .maximum = 10'000})
      .integer("watches", {.help = "Most requests that wait for changes, in equal shares for all tokens; further ones "
                                   "are answered with 429.",
                           .fallback = 256,
                           .minimum = 1,
                           .maximum = 100'000})
      .integer(
          "watch_changes",
          {.help =
               "How many changes are remembered for those who watch; who is further behind reads the collection again.",
           .fallback = 65'536,
           .minimum = 16,
           .maximum = 10'000'000})
      .text("public_url", {.help = "What stands before the path in links to further pages, like "
                                   "https://broker.example.com. Without it they begin with the path.",
                           .fallback = ""})
      .example(
          R"({"tokens": [{"name": "ops", "token": "${file:/etc/trellis/management.token}", "permissions": "write"}]})");
}

}  // namespace management
