---@meta
-- What scripts of Trellis may use, for editors with a Lua language server. Written by scripts/dev/gen-docs.

---Who a client is: what allow(name) answers.
---@class trellis.Grant

log, metrics, state, json, re, resources, crypto, base64, hex, http = {}, {}, {}, {}, {}, {}, {}, {}, {}, {}
---`null` of JSON.
json.null = nil

---The message of the call. Read-only.
---@class trellis.Message
---@field topic string the topic name
---@field payload string bytes
---@field qos integer 0, 1 or 2
---@field retain boolean whether the publisher asked to keep it
---@field content_type string? `nil` where the publisher sent none
---@field response_topic string? `nil` where the publisher sent none
---@field correlation_data string? bytes; `nil` where the publisher sent none
---@field expiry number? seconds left, or `nil`
---@field user_properties table<string, string> `.name` or `["name"]`: the first of that name or `nil`; `#` how many; `pairs()` all in the order sent
---@field attribute fun(self: trellis.Message, name: string): string? `message:attribute(name)` is the same as `message.user_properties[name]`
---@field is_text boolean whether the publisher said that the payload is text
---@field published_at number when it came in, seconds of Unix time
---@field namespace string name of the namespace; empty in functions of predicates

---Who connects, subscribes or published. Read-only.
---@class trellis.Client
---@field id string the client identifier; empty for the broker
---@field name string the authenticated name; empty for anonymous, and for the broker
---@field attributes table<string, any> what its authenticator knows of it, each decoded from JSON when it is read; `pairs()` all. Empty in `on_deliver` and predicates, and for what the broker publishes
---@field authenticator string? the instance that allowed it; `nil` where attributes are not known
---@field namespace string name of the namespace

---The CloudEvent a message is, in structured or binary mode. Read-only.
---@class trellis.Event
---@field id string? as the attribute says; `nil` where the message is no event
---@field source string?
---@field type string? `MQTT.EventPublished` of a message that is no CloudEvent
---@field subject string? the topic of a message that is no CloudEvent
---@field time string?
---@field datacontenttype string?
---@field data any decoded where it is JSON, else text or bytes; `nil` where there is none, or what says it is JSON is not
---@field message trellis.Message what carries it
---@field [string] any any other attribute, or `nil`

---What a client showed to prove who it is. Read-only.
---@class trellis.Credentials
---@field client_id string
---@field username string? `nil` where the client showed none
---@field password string? bytes; `nil` where the client showed none
---@field method string? of an exchange step by step, such as `SCRAM-SHA-256`
---@field data string? bytes of its first step
---@field certificates string[] DER, the client's own first
---@field certificate_verified boolean whether the listener believes them
---@field user_properties table<string, string> the first of each name
---@field namespace string
---@field listener string
---@field protocol string `mqtt5`, `mqtt3` or `http`
---@field peer string address and port, or the path of a socket
---@field loopback boolean whether the client is on this machine
---@field reauthenticates boolean whether a client that is let in already proves itself again

---What an answer changes of a message, or all of a message of `publish`.
---@class trellis.Changes
---@field topic string? a topic name
---@field payload string|number|nil text of any bytes
---@field qos integer? 0, 1 or 2
---@field retain boolean?
---@field content_type string|false|nil `false` takes it away
---@field response_topic string|false|nil `false` takes it away
---@field correlation_data string|number|false|nil `false` takes it away
---@field expiry number|false|nil seconds from now, or `false` for none
---@field user_properties table<string, string|number|false>|nil these take the place of all properties of that name, `false` takes them away, others stay

---How much a client may do: whole numbers above 0, each of them optional.
---@class trellis.Limits
---@field sessions integer? under one authenticated name, connected or not
---@field subscriptions integer? of one session
---@field session_expiry integer? longest life of a session without connection, in seconds
---@field publishes_per_second integer? under one authenticated name
---@field bytes_per_second integer? published, under one authenticated name

---What goes with a request.
---@class trellis.HttpOptions
---@field headers table<string, string>? at most 64
---@field body string? of `http.post`
---@field timeout number? seconds; the plugin's setting `timeout` holds beside

---What a server answered.
---@class trellis.HttpAnswer
---@field status integer
---@field headers table<string, string> names in lower case, the first of each
---@field body string bytes

---`true`: the message goes on, or whatever is asked is allowed.
---@return true
function pass() end

---`false` and the reason. Errors: the reason is no text.
---@param reason? string
---@return false
---@return string?
function drop(reason) end

---the same, for authorizers and authenticators. Errors: the reason is no text.
---@param reason? string
---@return false
---@return string?
function deny(reason) end

---without a name `true`; with one who a client is, for `on_authenticate`: `allow("")` is anonymous. Attributes are texts, whole numbers and lists of texts, at most 4,096 bytes; without a table those of a registered client of that name count. `expires` is the Unix time until which the client may stay. Errors: the name is no text, `expires` no time.
---@param name? string
---@param attributes? table<string, any>
---@param options? {expires: number}
---@return true|trellis.Grant
function allow(name, attributes, options) end

---nothing: whoever is next decides.
---@return nil
function defer() end

---Unix time in seconds.
---@return number
function now() end

---writes a line to the broker's log, at most 1,024 bytes and ten lines per second and shard; the rest is counted.
---@param text any
function log.info(text) end

---the same as a warning.
---@param text any
function log.warn(text) end

---the same as an error.
---@param text any
function log.error(text) end

---adds 1, or n, to `trellis_lua_rule_events_total{script,name}`. `false` where there are 32 names already. Errors: a name that is not of at most 48 of `a-z 0-9 _`, n below 0.
---@param name string
---@param n? integer
---@return boolean
function metrics.count(name, n) end

---the value, or `nil`. Errors: key longer than 256 bytes.
---@param key string
---@return string|number|boolean|nil
function state.get(key) end

---keeps a text of at most 64 KiB, a number or a boolean, for that long or without end; `nil` takes it away. Errors: another type, a text or key that is too long, seconds not above 0 or more than a year.
---@param key string
---@param value string|number|boolean|nil
---@param seconds? number
function state.set(key, value, seconds) end

---the sum: adds 1, or `by`, to a whole number, from 0. The seconds count from the first addition on. Errors: the value is no whole number, or would be too large.
---@param key string
---@param by? integer
---@param seconds? number
---@return integer
function state.incr(key, by, seconds) end

---whether one more is within the rate; `burst` may come at once, default the rate and at least 1. Errors: rate not from 0.0001 to 1e9, burst not from 1 to 1e9.
---@param key string
---@param per_second number
---@param burst? number
---@return boolean
function rate(key, per_second, burst) end

---sends a message of the script's own, once the call is over: no authorizer is asked, `client.id` is empty, and this instance is not asked about it on publish. `false` where 1,024 or 16 MiB wait. `namespace` names one in `on_timer`, where the broker has several. Errors: no topic, a field no message has, more than 64 in one call.
---@param message trellis.Changes
---@return boolean
function publish(message) end

---sends an event to a topic of `service-events`, whose subscriptions get it, once the call is over. The table has the attributes and `data`; `type` and `source` are needed, `specversion`, `id` and `time` added where they are missing. `false` where 1,024 or 16 MiB wait, and in scripts of other plugins than `stage-lua`. What becomes of it is counted, and logged where it is lost. Errors: no event, no form in JSON, more than 64 in one call, a namespace outside of `on_timer`.
---@param topic string
---@param event table<string, any>
---@param namespace? string
---@return boolean
function publish_event(topic, event, namespace) end

---has `on_timer(name)` called once after that time, on one shard; one of the same name begins anew, `nil` takes it away. `false` where 256 names wait, and in scripts of other plugins than `stage-lua`. Errors: not from 0.001 seconds to a year, name longer than 256 bytes.
---@param seconds number|nil
---@param name? string
---@return boolean
function timer(seconds, name) end

---the value; `nil` and why where the text is no JSON. `json.decode(message)` reads the payload without making a text of it. Errors: nested deeper than 64.
---@param text string|trellis.Message
---@return any
---@return string?
function json.decode(text) end

---the text. A table with a first element is a list, others are objects, `{}` too. Errors: functions and the like, numbers that are not finite, text that is no UTF-8, keys that are no texts, both a list and keys, deeper than 64.
---@param value any
---@return string
function json.encode(value) end

---marks a table as a list though it is empty. Lists that were decoded are marked.
---@param table table
---@return table
function json.array(table) end

---the groups of the first match, `false` for one that took no part; the whole match where the pattern has none; `nil` where nothing matches. Patterns are [RE2's](https://github.com/google/re2/wiki/Syntax). Errors: no pattern of RE2, longer than 1,024 bytes, more than 31 groups, text longer than 64 KiB, or than 1,048,576 divided by the instructions that RE2 makes of the pattern.
---@param text string
---@param pattern string
---@return string|false|nil
---@return ...
function re.match(text, pattern) end

---the properties of a resource of the call's namespace, as [resources.md](resources.md) has them; `nil` where there is none. It takes a lock: not for every message.
---@param type string
---@param name string
---@return table?
function resources.get(type, name) end

---the same by its key, whatever the case: a client's `authenticationName`.
---@param type string
---@param key string
---@return table?
function resources.find(type, key) end

---whether two texts are the same, in a time that does not tell where they differ.
---@param a string
---@param b string
---@return boolean
function crypto.equal(a, b) end

---32 bytes.
---@param bytes string
---@return string
function crypto.sha256(bytes) end

---32 bytes.
---@param key string
---@param bytes string
---@return string
function crypto.hmac_sha256(key, bytes) end

---the text. Errors: longer than a sixteenth of `memory`.
---@param bytes string
---@return string
function base64.encode(bytes) end

---the bytes, or `nil` where it is no base64.
---@param text string
---@return string?
function base64.decode(text) end

---the text, in small letters. Errors: longer than a sixteenth of `memory`.
---@param bytes string
---@return string
function hex.encode(bytes) end

---the bytes, or `nil` where it is not hexadecimal.
---@param text string
---@return string?
function hex.decode(text) end

---waits for what a server answers; `nil` and why where there is none. In `on_authenticate` alone, of the hosts its setting `hosts` has. Errors: elsewhere, in a coroutine, an option there is not.
---@param url string
---@param options? trellis.HttpOptions
---@return trellis.HttpAnswer?
---@return string?
function http.get(url, options) end

---the same with a body. Errors: the same.
---@param url string
---@param options? trellis.HttpOptions
---@return trellis.HttpAnswer?
---@return string?
function http.post(url, options) end

---Of stage-lua: asked about each message published. Answers nothing, `true`: goes on; `false`, `drop(reason)`: is dropped; a table of changes; a list of topics and changes.
---@param message trellis.Message
---@param client trellis.Client
---@return boolean|trellis.Changes|(string|trellis.Changes)[]|nil
---@return string?
function on_publish(message, client) end

---Of stage-lua: asked about each message on its way to subscribers. Answers nothing, `true`: goes on; `false`, `drop(reason)`: is dropped; a table of changes; a list of topics and changes.
---@param message trellis.Message
---@param client trellis.Client
---@return boolean|trellis.Changes|(string|trellis.Changes)[]|nil
---@return string?
function on_deliver(message, client) end

---Of stage-lua: asked when a timer is due, on one shard. Answers nothing.
---@param name string
---@return nil
function on_timer(name) end

---Of authorizer-lua: asked about each client that connects. Answers nothing, `true`: is let in; `false`, `deny(reason)`; a table of limits.
---@param client trellis.Client
---@return boolean|trellis.Limits|nil
---@return string?
function on_connect(client) end

---Of authorizer-lua: asked about each subscription. Answers `true`, `allow()`; `false`, `deny(reason)`; nothing: the next is asked.
---@param filter string
---@param client trellis.Client
---@return boolean|nil
---@return string?
function on_subscribe(filter, client) end

---Of authorizer-lua: asked about each topic a client publishes to. Answers `true`, `allow()`; `false`, `deny(reason)`; nothing: the next is asked.
---@param topic string
---@param client trellis.Client
---@return boolean|nil
---@return string?
function may_publish(topic, client) end

---Of authorizer-lua: asked about each delivery, with `"receive": true`. Answers `true`, `allow()`; `false`, `deny(reason)`; nothing: the next is asked.
---@param topic string
---@param client trellis.Client
---@return boolean|nil
---@return string?
function may_receive(topic, client) end

---Of authenticator-lua: asked about each client that shows credentials. Answers `allow(name, attributes, options)`; `false`, `deny(reason)`; nothing, `defer()`: the next is asked.
---@param credentials trellis.Credentials
---@return trellis.Grant|false|nil
---@return string?
function on_authenticate(credentials) end
