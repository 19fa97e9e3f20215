/* Prints where the members of the bound structs lie, as the C header says; layout.rs prints what trellis.rs says. */
#include <stdio.h>
#include <trellis/trellis.h>

#define SIZE(type) printf("%s %zu\n", #type, sizeof(type))
#define AT(type, member) printf("%s.%s %zu %zu\n", #type, #member, offsetof(type, member), sizeof(((type *)0)->member))

static void print_plugin(void) {
  SIZE(trellis_plugin);
  AT(trellis_plugin, abi_major);
  AT(trellis_plugin, abi_minor);
  AT(trellis_plugin, descriptor);
  AT(trellis_plugin, create);
  AT(trellis_plugin, configure);
  AT(trellis_plugin, start);
  AT(trellis_plugin, drain);
  AT(trellis_plugin, stop);
  AT(trellis_plugin, destroy);
  AT(trellis_plugin, get_table);
  AT(trellis_plugin, shard_open);
  AT(trellis_plugin, shard_close);
}

static void print_descriptor(void) {
  SIZE(trellis_descriptor);
  AT(trellis_descriptor, kind);
  AT(trellis_descriptor, stability);
  AT(trellis_descriptor, id);
  AT(trellis_descriptor, version);
  AT(trellis_descriptor, vendor);
  AT(trellis_descriptor, summary);
  AT(trellis_descriptor, licence);
  AT(trellis_descriptor, config_schema);
  AT(trellis_descriptor, namespace_schema);
  AT(trellis_descriptor, wants);
  AT(trellis_descriptor, wants_count);
  AT(trellis_descriptor, capabilities);
}

static void print_message(void) {
  SIZE(trellis_message);
  AT(trellis_message, flags);
  AT(trellis_message, topic);
  AT(trellis_message, payload);
  AT(trellis_message, content_type);
  AT(trellis_message, response_topic);
  AT(trellis_message, correlation_data);
  AT(trellis_message, user_properties);
  AT(trellis_message, user_property_count);
  AT(trellis_message, qos);
  AT(trellis_message, expires_at_ms);
  AT(trellis_message, published_at_ms);
  AT(trellis_message, publisher);
  AT(trellis_message, publisher_identity);
}

int main(void) {
  SIZE(trellis_view);
  AT(trellis_view, data);
  AT(trellis_view, size);
  SIZE(trellis_error);
  AT(trellis_error, size);
  AT(trellis_error, text);
  SIZE(trellis_host_table);
  AT(trellis_host_table, get_table);
  SIZE(trellis_stage);
  AT(trellis_stage, on_messages);
  /* Not its size: the binding ends where the plugin needs no more. */
  AT(trellis_host_metrics, declare);
  AT(trellis_host_metrics, add);
  print_plugin();
  print_descriptor();
  print_message();
  printf("constants %d %d %d %d %d %d %d %d\n", TRELLIS_ABI_MAJOR, TRELLIS_ABI_MINOR, TRELLIS_OK, TRELLIS_KIND_STAGE,
         TRELLIS_STABILITY_STABLE, TRELLIS_VERDICT_PASS, TRELLIS_VERDICT_DROP, TRELLIS_METRIC_COUNTER);
  printf("ids %s %s\n", TRELLIS_STAGE, TRELLIS_HOST_METRICS);
  return 0;
}
