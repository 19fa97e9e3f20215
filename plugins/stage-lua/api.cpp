// The words of the reference: one table for each kind of thing.
#include "api.hpp"

namespace lua {
namespace {

// --- what calls are about

constexpr ApiField kMessage[] = {
    {"topic", "string", "the topic name"},
    {"payload", "string", "bytes"},
    {"qos", "integer", "0, 1 or 2"},
    {"retain", "boolean", "whether the publisher asked to keep it"},
    {"content_type", "string?", "`nil` where the publisher sent none"},
    {"response_topic", "string?", "`nil` where the publisher sent none"},
    {"correlation_data", "string?", "bytes; `nil` where the publisher sent none"},
    {"expiry", "number?", "seconds left, or `nil`"},
    {"user_properties", "table<string, string>",
     "`.name` or `[\"name\"]`: the first of that name or `nil`; `#` how many; `pairs()` all in the order sent"},
    {"attribute", "fun(self: trellis.Message, name: string): string?",
     "`message:attribute(name)` is the same as `message.user_properties[name]`"},
    {"is_text", "boolean", "whether the publisher said that the payload is text"},
    {"published_at", "number", "when it came in, seconds of Unix time"},
    {"namespace", "string", "name of the namespace; empty in functions of predicates"},
};

constexpr ApiField kClient[] = {
    {"id", "string", "the client identifier; empty for the broker"},
    {"name", "string", "the authenticated name; empty for anonymous, and for the broker"},
    {"attributes", "table<string, any>",
     "what its authenticator knows of it, each decoded from JSON when it is read; `pairs()` all. Empty in "
     "`on_deliver` and predicates, and for what the broker publishes"},
    {"authenticator", "string?", "the instance that allowed it; `nil` where attributes are not known"},
    {"namespace", "string", "name of the namespace"},
};

constexpr ApiField kEvent[] = {
    {"id", "string?", "as the attribute says; `nil` where the message is no event"},
    {"source", "string?", ""},
    {"type", "string?", "`MQTT.EventPublished` of a message that is no CloudEvent"},
    {"subject", "string?", "the topic of a message that is no CloudEvent"},
    {"time", "string?", ""},
    {"datacontenttype", "string?", ""},
    {"data", "any",
     "decoded where it is JSON, else text or bytes; `nil` where there is none, or what says it is JSON "
     "is not"},
    {"message", "trellis.Message", "what carries it"},
    {"[string]", "any", "any other attribute, or `nil`"},
};

constexpr ApiField kCredentials[] = {
    {"client_id", "string", ""},
    {"username", "string?", "`nil` where the client showed none"},
    {"password", "string?", "bytes; `nil` where the client showed none"},
    {"method", "string?", "of an exchange step by step, such as `SCRAM-SHA-256`"},
    {"data", "string?", "bytes of its first step"},
    {"certificates", "string[]", "DER, the client's own first"},
    {"certificate_verified", "boolean", "whether the listener believes them"},
    {"user_properties", "table<string, string>", "the first of each name"},
    {"namespace", "string", ""},
    {"listener", "string", ""},
    {"protocol", "string", "`mqtt5`, `mqtt3` or `http`"},
    {"peer", "string", "address and port, or the path of a socket"},
    {"loopback", "boolean", "whether the client is on this machine"},
    {"reauthenticates", "boolean", "whether a client that is let in already proves itself again"},
};

constexpr ApiField kHttpAnswer[] = {
    {"status", "integer", ""},
    {"headers", "table<string, string>", "names in lower case, the first of each"},
    {"body", "string", "bytes"},
};

constexpr ApiField kHttpOptions[] = {
    {"headers", "table<string, string>?", "at most 64"},
    {"body", "string?", "of `http.post`"},
    {"timeout", "number?", "seconds; the plugin's setting `timeout` holds beside"},
};

constexpr ApiField kChanges[] = {
    {"topic", "string?", "a topic name"},
    {"payload", "string|number|nil", "text of any bytes"},
    {"qos", "integer?", "0, 1 or 2"},
    {"retain", "boolean?", ""},
    {"content_type", "string|false|nil", "`false` takes it away"},
    {"response_topic", "string|false|nil", "`false` takes it away"},
    {"correlation_data", "string|number|false|nil", "`false` takes it away"},
    {"expiry", "number|false|nil", "seconds from now, or `false` for none"},
    {"user_properties", "table<string, string|number|false>|nil",
     "these take the place of all properties of that name, `false` takes them away, others stay"},
};

constexpr ApiField kLimits[] = {
    {"sessions", "integer?", "under one authenticated name, connected or not"},
    {"subscriptions", "integer?", "of one session"},
    {"session_expiry", "integer?", "longest life of a session without connection, in seconds"},
    {"publishes_per_second", "integer?", "under one authenticated name"},
    {"bytes_per_second", "integer?", "published, under one authenticated name"},
};

constexpr ApiClass kClasses[] = {
    {"trellis.Message", "message", "The message of the call. Read-only.", kMessage},
    {"trellis.Client", "client", "Who connects, subscribes or published. Read-only.", kClient},
    {"trellis.Event", "event", "The CloudEvent a message is, in structured or binary mode. Read-only.", kEvent},
    {"trellis.Credentials", "credentials", "What a client showed to prove who it is. Read-only.", kCredentials},
    {"trellis.Changes", "changes", "What an answer changes of a message, or all of a message of `publish`.", kChanges},
    {"trellis.Limits", "limits", "How much a client may do: whole numbers above 0, each of them optional.", kLimits},
    {"trellis.HttpOptions", "options", "What goes with a request.", kHttpOptions},
    {"trellis.HttpAnswer", "answer", "What a server answered.", kHttpAnswer},
};

// --- functions that plugins ask

constexpr ApiParameter kOfMessage[] = {{"message", "trellis.Message"}, {"client", "trellis.Client"}};
constexpr ApiParameter kOfTimer[] = {{"name", "string"}};
constexpr ApiParameter kOfClient[] = {{"client", "trellis.Client"}};
constexpr ApiParameter kOfFilter[] = {{"filter", "string"}, {"client", "trellis.Client"}};
constexpr ApiParameter kOfTopic[] = {{"topic", "string"}, {"client", "trellis.Client"}};
constexpr ApiParameter kOfCredentials[] = {{"credentials", "trellis.Credentials"}};

constexpr std::string_view kMessageAnswer = "boolean|trellis.Changes|(string|trellis.Changes)[]|nil, string?";
constexpr std::string_view kMessageWords =
    "nothing, `true`: goes on; `false`, `drop(reason)`: is dropped; a table of changes; a list of topics and changes";
constexpr std::string_view kAccessWords = "`true`, `allow()`; `false`, `deny(reason)`; nothing: the next is asked";

constexpr ApiHook kApiHooks[] = {
    {"on_publish", kOfMessage, kMessageAnswer, "stage-lua", "about each message published", kMessageWords},
    {"on_deliver", kOfMessage, kMessageAnswer, "stage-lua", "about each message on its way to subscribers",
     kMessageWords},
    {"on_timer", kOfTimer, "nil", "stage-lua", "when a timer is due, on one shard", "nothing"},
    {"on_connect", kOfClient, "boolean|trellis.Limits|nil, string?", "authorizer-lua",
     "about each client that connects", "nothing, `true`: is let in; `false`, `deny(reason)`; a table of limits"},
    {"on_subscribe", kOfFilter, "boolean|nil, string?", "authorizer-lua", "about each subscription", kAccessWords},
    {"may_publish", kOfTopic, "boolean|nil, string?", "authorizer-lua", "about each topic a client publishes to",
     kAccessWords},
    {"may_receive", kOfTopic, "boolean|nil, string?", "authorizer-lua", "about each delivery, with `\"receive\": true`",
     kAccessWords},
    {"on_authenticate", kOfCredentials, "trellis.Grant|false|nil, string?", "authenticator-lua",
     "about each client that shows credentials",
     "`allow(name, attributes, options)`; `false`, `deny(reason)`; nothing, `defer()`: the next is asked"},
};

// --- functions of the libraries

constexpr ApiParameter kReason[] = {{"reason?", "string"}};
constexpr ApiParameter kAllow[] = {
    {"name?", "string"}, {"attributes?", "table<string, any>"}, {"options?", "{expires: number}"}};
constexpr ApiParameter kLine[] = {{"text", "any"}};
constexpr ApiParameter kCount[] = {{"name", "string"}, {"n?", "integer"}};
constexpr ApiParameter kKey[] = {{"key", "string"}};
constexpr ApiParameter kSet[] = {{"key", "string"}, {"value", "string|number|boolean|nil"}, {"seconds?", "number"}};
constexpr ApiParameter kIncrease[] = {{"key", "string"}, {"by?", "integer"}, {"seconds?", "number"}};
constexpr ApiParameter kRate[] = {{"key", "string"}, {"per_second", "number"}, {"burst?", "number"}};
constexpr ApiParameter kDecode[] = {{"text", "string|trellis.Message"}};
constexpr ApiParameter kValue[] = {{"value", "any"}};
constexpr ApiParameter kTable[] = {{"table", "table"}};
constexpr ApiParameter kMatch[] = {{"text", "string"}, {"pattern", "string"}};
constexpr ApiParameter kPublish[] = {{"message", "trellis.Changes"}};
constexpr ApiParameter kPublishEvent[] = {
    {"topic", "string"}, {"event", "table<string, any>"}, {"namespace?", "string"}};
constexpr ApiParameter kTimer[] = {{"seconds", "number|nil"}, {"name?", "string"}};
constexpr ApiParameter kResource[] = {{"type", "string"}, {"name", "string"}};
constexpr ApiParameter kResourceKey[] = {{"type", "string"}, {"key", "string"}};
constexpr ApiParameter kEqual[] = {{"a", "string"}, {"b", "string"}};
constexpr ApiParameter kBytes[] = {{"bytes", "string"}};
constexpr ApiParameter kHmac[] = {{"key", "string"}, {"bytes", "string"}};
constexpr ApiParameter kText[] = {{"text", "string"}};
constexpr ApiParameter kHttp[] = {{"url", "string"}, {"options?", "trellis.HttpOptions"}};

constexpr ApiFunction kApiFunctions[] = {
    {"pass", {}, "true", "`true`: the message goes on, or whatever is asked is allowed", ""},
    {"drop", kReason, "false, string?", "`false` and the reason", "the reason is no text"},
    {"deny", kReason, "false, string?", "the same, for authorizers and authenticators", "the reason is no text"},
    {"allow", kAllow, "true|trellis.Grant",
     "without a name `true`; with one who a client is, for `on_authenticate`: `allow(\"\")` is anonymous. Attributes "
     "are "
     "texts, whole numbers and lists of texts, at most 4,096 bytes; without a table those of a registered client of "
     "that "
     "name count. `expires` is the Unix time until which the client may stay",
     "the name is no text, `expires` no time"},
    {"defer", {}, "nil", "nothing: whoever is next decides", ""},
    {"now", {}, "number", "Unix time in seconds", ""},
    {"log.info", kLine, "",
     "writes a line to the broker's log, at most 1,024 bytes and ten lines per second and shard; "
     "the rest is counted",
     ""},
    {"log.warn", kLine, "", "the same as a warning", ""},
    {"log.error", kLine, "", "the same as an error", ""},
    {"metrics.count", kCount, "boolean",
     "adds 1, or n, to `trellis_lua_rule_events_total{script,name}`. `false` where there are 32 names already",
     "a name that is not of at most 48 of `a-z 0-9 _`, n below 0"},
    {"state.get", kKey, "string|number|boolean|nil", "the value, or `nil`", "key longer than 256 bytes"},
    {"state.set", kSet, "",
     "keeps a text of at most 64 KiB, a number or a boolean, for that long or without end; `nil` takes it away",
     "another type, a text or key that is too long, seconds not above 0 or more than a year"},
    {"state.incr", kIncrease, "integer",
     "the sum: adds 1, or `by`, to a whole number, from 0. The seconds count from the first addition on",
     "the value is no whole number, or would be too large"},
    {"rate", kRate, "boolean",
     "whether one more is within the rate; `burst` may come at once, default the rate and at least 1",
     "rate not from 0.0001 to 1e9, burst not from 1 to 1e9"},
    {"publish", kPublish, "boolean",
     "sends a message of the script's own, once the call is over: no authorizer is asked, `client.id` is empty, and "
     "this "
     "instance is not asked about it on publish. `false` where 1,024 or 16 MiB wait. `namespace` names one in "
     "`on_timer`, where "
     "the broker has several",
     "no topic, a field no message has, more than 64 in one call"},
    {"publish_event", kPublishEvent, "boolean",
     "sends an event to a topic of `service-events`, whose subscriptions get it, once the call is over. The table has "
     "the attributes and `data`; `type` and `source` are needed, `specversion`, `id` and `time` added where they are "
     "missing. `false` where 1,024 or 16 MiB wait, and in scripts of other plugins than `stage-lua`. What becomes of "
     "it "
     "is counted, and logged where it is lost",
     "no event, no form in JSON, more than 64 in one call, a namespace outside of `on_timer`"},
    {"timer", kTimer, "boolean",
     "has `on_timer(name)` called once after that time, on one shard; one of the same name begins anew, `nil` takes it "
     "away. `false` where 256 names wait, and in scripts of other plugins than `stage-lua`",
     "not from 0.001 seconds to a year, name longer than 256 bytes"},
    {"json.decode", kDecode, "any, string?",
     "the value; `nil` and why where the text is no JSON. `json.decode(message)` reads the payload without making a "
     "text "
     "of it",
     "nested deeper than 64"},
    {"json.encode", kValue, "string", "the text. A table with a first element is a list, others are objects, `{}` too",
     "functions and the like, numbers that are not finite, text that is no UTF-8, keys that are no texts, both a list "
     "and keys, deeper than 64"},
    {"json.array", kTable, "table", "marks a table as a list though it is empty. Lists that were decoded are marked",
     ""},
    {"re.match", kMatch, "string|false|nil, ...",
     "the groups of the first match, `false` for one that took no part; the whole match where the pattern has none; "
     "`nil` where nothing matches. Patterns are [RE2's](https://github.com/google/re2/wiki/Syntax)",
     "no pattern of RE2, longer than 1,024 bytes, more than 31 groups, text longer than 64 KiB, or "
     "than 1,048,576 divided by the instructions that RE2 makes of the pattern"},
    {"resources.get", kResource, "table?",
     "the properties of a resource of the call's namespace, as [resources.md](resources.md) has them; `nil` where "
     "there "
     "is none. It takes a lock: not for every message",
     ""},
    {"resources.find", kResourceKey, "table?",
     "the same by its key, whatever the case: a client's `authenticationName`", ""},
    {"crypto.equal", kEqual, "boolean",
     "whether two texts are the same, in a time that does not tell where they differ", ""},
    {"crypto.sha256", kBytes, "string", "32 bytes", ""},
    {"crypto.hmac_sha256", kHmac, "string", "32 bytes", ""},
    {"base64.encode", kBytes, "string", "the text", "longer than a sixteenth of `memory`"},
    {"base64.decode", kText, "string?", "the bytes, or `nil` where it is no base64", ""},
    {"hex.encode", kBytes, "string", "the text, in small letters", "longer than a sixteenth of `memory`"},
    {"hex.decode", kText, "string?", "the bytes, or `nil` where it is not hexadecimal", ""},
    {"http.get", kHttp, "trellis.HttpAnswer?, string?",
     "waits for what a server answers; `nil` and why where there is none. In `on_authenticate` alone, of the hosts its "
     "setting `hosts` has",
     "elsewhere, in a coroutine, an option there is not"},
    {"http.post", kHttp, "trellis.HttpAnswer?, string?", "the same with a body", "the same"},
};

}  // namespace

std::span<const ApiFunction> api_functions() noexcept { return kApiFunctions; }
std::span<const ApiClass> api_classes() noexcept { return kClasses; }
std::span<const ApiHook> api_hooks() noexcept { return kApiHooks; }

}  // namespace lua
