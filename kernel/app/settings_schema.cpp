// What may stand in the configuration file, plugins' own blocks apart.

#include <stdexcept>

#include "app/settings.hpp"

namespace trellis::kernel {
namespace {

// In pieces: compilers need only accept string literals of 64 KiB, and readers short ones.
constexpr const char* kHead = R"json({
"type": "object",
"description": "Configuration of a Trellis broker.",
"properties": {
  "$schema": {"type": "string", "description": "For editors; ignored."},
  "shards": {"type": "integer", "minimum": 0, "maximum": 64, "default": 0,
    "description": "Event loops, one thread each. 0 is one per core. Read at start only."},
  "log": {"type": "object", "default": {}, "description": "What is written to standard error.", "properties": {
    "level": {"type": "string", "enum": ["trace", "debug", "info", "warn", "error", "off"], "default": "info",
      "description": "Least severe level that is written."},
    "format": {"type": "string", "enum": ["text", "json"], "default": "text",
      "description": "text for people, json for machines: one object per line."},
    "levels": {"type": "object", "default": {}, "description": "Levels of single plugin instances or kernel rooms.",
      "additionalProperties": {"type": "string", "enum": ["trace", "debug", "info", "warn", "error", "off"]},
      "examples": [{"transport-mqtt": "debug"}]}}},
  "limits": {"type": "object", "default": {}, "description": "Limits of the whole process.", "properties": {
    "memory": {"type": ["string", "integer"], "format": "bytes", "default": "1GiB", "minimum": "1MiB",
      "description": "Memory of kept messages above which publishers are not read until a tenth of it is free again."},
    "drain": {"type": ["string", "integer"], "format": "duration", "default": "5s",
      "description": "How long a stop waits for clients to take their last output."}}},
  "plugin_path": {"type": "array", "items": {"type": "string", "format": "path"}, "default": [],
    "description": "Folders searched for plugins before those of the installation."},
)json";

constexpr const char* kPlugins = R"json(
  "plugins": {"type": "object", "default": {},
    "description": "Plugin instances by name. A plugin named anywhere else without an entry here gets an instance with its defaults.",
    "additionalProperties": {"type": "object", "properties": {
      "plugin": {"type": "string", "minLength": 1, "description": "Id of the plugin; the instance's name if missing."},
      "file": {"type": "string", "format": "path", "description": "The library, where it is not in the search path."},
      "config": {"type": "object", "default": {}, "additionalProperties": {},
        "description": "As the plugin describes it: trellis describe PLUGIN."}}}},
  "listeners": {"type": "array", "default": [], "x-unique-by": "name", "description": "Where clients connect.",
    "items": {"type": "object", "required": ["name", "address", "protocol"], "properties": {
      "name": {"type": "string", "minLength": 1, "maxLength": 64, "description": "For logs and metrics."},
      "address": {"type": "string", "format": "address", "description": "host:port; port 0 takes a free one.",
        "examples": ["127.0.0.1:1883", "[::1]:1883"]},
      "protocol": {"type": "string", "minLength": 1, "description": "Instance of a protocol plugin.",
        "examples": ["transport-mqtt"]},
      "layers": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
        "description": "Instances of layer plugins, the one next to the socket first."},
      "namespace": {"type": "string", "default": "default", "description": "Where its clients belong."},
      "connections": {"type": "integer", "minimum": 0, "maximum": 4294967295, "default": 0,
        "description": "Most connections at once; 0 is no limit. Further ones are closed at once and counted."},
      "output_bytes": {"type": ["string", "integer"], "format": "bytes", "default": "1MiB", "minimum": "4KiB",
        "maximum": "1GiB",
        "description": "Unsent output per connection above which nothing more is delivered to it; at twice that it is not read either."},
      "close_timeout": {"type": ["string", "integer"], "format": "duration", "default": "5s",
        "description": "How long a closing connection may take to accept its last output."},
      "services": {"type": "object", "default": {}, "additionalProperties": {"type": "string", "minLength": 1},
        "description": "Services by the path they are mounted at.", "examples": [{"/metrics": "service-metrics"}]}}}},
)json";

constexpr const char* kNamespaces = R"json(
  "namespaces": {"type": "object", "default": {}, "description": "Tenants: own topics, clients and rules each.",
    "additionalProperties": {"type": "object", "properties": {
      "authenticators": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
        "description": "Instances asked in order who a client is. None: nobody may connect."},
      "authentication_timeout": {"type": ["string", "integer"], "format": "duration", "default": "10s",
        "description": "How long an authenticator may take to answer; then the client is refused."},
      "authorizers": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
        "description": "Instances asked in order what a client may do. None: nothing is allowed."},
      "stages": {"type": "object", "default": {}, "description": "Stage plugins messages pass.", "properties": {
        "publish": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
          "description": "On publish, before subscribers are looked up."},
        "deliver": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
          "description": "On delivery, once per batch and shard."}}},
      "dead_letter_topic": {"type": "string", "format": "topic",
        "description": "Where messages go that a full queue, a receiver or the delivery limit refused. Without: they are dropped and counted."},
      "retained": {"type": "object", "default": {}, "description": "Retained messages.", "properties": {
        "enabled": {"type": "boolean", "default": true, "description": "Whether they are kept at all."},
        "messages": {"type": "integer", "minimum": 0, "default": 1000000,
          "description": "Most topics with one; further retained publishes are refused."},
        "bytes": {"type": ["string", "integer"], "format": "bytes", "default": "256MiB",
          "description": "Most bytes of them; further retained publishes are refused."}}},
      "plugins": {"type": "object", "default": {}, "additionalProperties": {"type": "object", "additionalProperties": {}},
        "description": "Per plugin id what it does differently in this namespace, for example limits.",
        "examples": [{"transport-mqtt": {"maximum_qos": 1}}]},
)json";

constexpr const char* kSubscriptions = R"json(
      "subscriptions": {"type": "array", "default": [], "x-unique-by": "name",
        "description": "Messages delivered to handlers.",
        "items": {"type": "object", "required": ["name", "filters", "handler"], "properties": {
          "name": {"type": "string", "minLength": 1, "maxLength": 128, "description": "For logs and metrics."},
          "filters": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "topic-filter"},
            "description": "Topics to receive."},
          "qos": {"type": "integer", "minimum": 0, "maximum": 2, "default": 1, "description": "Highest quality of service."},
          "predicate": {"type": "object", "required": ["plugin"], "description": "Further choice among the messages.",
            "properties": {
              "plugin": {"type": "string", "minLength": 1, "description": "Instance of a predicate plugin."},
              "filter": {"type": "object", "default": {}, "additionalProperties": {}, "description": "As the predicate describes it."}}},
          "handler": {"type": "object", "required": ["plugin"], "description": "Who delivers.", "properties": {
              "plugin": {"type": "string", "minLength": 1, "description": "Instance of a handler plugin."},
              "destination": {"type": "object", "default": {}, "additionalProperties": {}, "description": "As the handler describes it."}}},
          "batch": {"type": "integer", "minimum": 1, "maximum": 64, "default": 64, "description": "Most messages under way at once."},
          "deadline": {"type": ["string", "integer"], "format": "duration", "default": "30s", "minimum": "1ms",
            "description": "How long a delivery may stay unanswered; then it counts as failed."},
          "retry": {"type": ["string", "integer"], "format": "duration", "default": "1s", "minimum": "1ms",
            "description": "Wait before a failed delivery is tried again."},
          "queue": {"type": "object", "default": {}, "description": "What waits.", "properties": {
            "messages": {"type": "integer", "minimum": 0, "default": 100000, "description": "Most messages waiting."},
            "bytes": {"type": ["string", "integer"], "format": "bytes", "default": "64MiB", "description": "Most bytes of them."},
            "overflow": {"type": "string", "enum": ["drop_oldest", "drop_newest", "reject_publisher"], "default": "drop_newest",
              "description": "What happens when it is full."},
            "maximum_deliveries": {"type": "integer", "minimum": 0, "maximum": 65535, "default": 0,
              "description": "Tries per message before it is dead-lettered or dropped; 0 is no limit."}}}}}}}}}
}})json";

config::Schema parse() {
  config::Diagnostics problems;
  const std::string text = std::string(kHead) + kPlugins + kNamespaces + kSubscriptions;
  auto schema = config::Schema::parse(text, "schema of the configuration file", problems);
  if (!schema) throw std::logic_error(problems.text());
  return *schema;
}

}  // namespace

const config::Schema& settings_schema() {
  static const config::Schema schema = parse();
  return schema;
}

}  // namespace trellis::kernel
