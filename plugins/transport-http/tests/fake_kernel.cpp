#include "fake_kernel.hpp"

#include <algorithm>
#include <stdexcept>
#include <trellis/tables.hpp>

namespace transport_http::testing {
namespace {

// Handles are the objects themselves.
FakeClient& client(trellis_connection* connection) { return *reinterpret_cast<FakeClient*>(connection); }
FakeKernel& kernel(const trellis_shard* shard) {
  return *const_cast<FakeKernel*>(reinterpret_cast<const FakeKernel*>(shard));
}

void give_answer(FakeClient& to, void* request_user, std::uint32_t status, std::string_view body,
                 const Fields& fields) {
  std::vector<trellis_pair> headers;
  headers.reserve(fields.size());
  for (const auto& [name, value] : fields) headers.push_back({trellis::view(name), trellis::view(value)});
  const trellis_response response{sizeof(trellis_response), status, headers.data(),
                                  static_cast<std::uint32_t>(headers.size()), trellis::view(body)};
  to.kernel.protocol().on_response(to.kernel.shard(), to.user(), request_user, &response);
}

void dispatch(trellis_connection* connection, const trellis_request* request, void* request_user) {
  FakeClient& from = client(connection);
  Asked asked{.method = std::string(trellis::text(request->method)),
              .path = std::string(trellis::text(request->path)),
              .query = std::string(trellis::text(request->query)),
              .body = std::string(trellis::text(request->body)),
              .host = std::string(trellis::text(request->host)),
              .headers = {},
              .request_user = request_user};
  for (const trellis::Pair pair : trellis::Pairs(request->headers, request->header_count)) {
    asked.headers.emplace_back(pair.name, pair.value);
  }
  from.asked.push_back(asked);
  if (from.kernel.on_dispatch) from.kernel.on_dispatch(*request);
  if (from.kernel.answer_at_once) {
    give_answer(from, request_user, 200, from.kernel.answer_at_once(asked), {{"content-type", "text/plain"}});
  }
}

trellis_host_identity make_identity_table() {
  trellis_host_identity table{};
  table.struct_size = sizeof table;
  table.authenticate = [](trellis_connection* connection, const trellis_credentials* credentials) {
    FakeClient& of = client(connection);
    const std::string name(trellis::text(credentials->username));
    of.kernel.questions.push_back(name);
    of.kernel.asked_again = (credentials->flags & TRELLIS_CREDENTIALS_REAUTHENTICATES) != 0;
    if (!of.kernel.answers_later) of.kernel.answer_question(of, name);
  };
  return table;
}

constexpr trellis_host_service make_service_table() {
  trellis_host_service table{};
  table.struct_size = sizeof table;
  table.dispatch = dispatch;
  return table;
}

trellis_host_connection make_connection_table() {
  trellis_host_connection table{};
  table.struct_size = sizeof table;
  table.write = [](trellis_connection* connection, const void* data, std::size_t size) {
    client(connection).output.append(static_cast<const char*>(data), size);
  };
  table.unsent = [](const trellis_connection* connection) {
    const auto& of = *reinterpret_cast<const FakeClient*>(connection);
    return of.reads ? 0 : of.output.size();
  };
  table.close = [](trellis_connection* connection) { client(connection).closed = true; };
  table.set_timer = [](trellis_connection* connection, std::uint64_t delay_ms) {
    FakeClient& of = client(connection);
    of.timer_at = delay_ms == 0 ? std::nullopt : std::optional(of.kernel.now_ms + delay_ms);
  };
  table.restart = [](trellis_connection* connection, const void* data, std::size_t size) {
    FakeClient& of = client(connection);
    if (of.upgrades) of.handed_on.assign(static_cast<const char*>(data), size);
    return of.upgrades;
  };
  table.pause = [](trellis_connection* connection, bool paused) { client(connection).paused = paused; };
  return table;
}

trellis_host_loop make_loop_table() {
  trellis_host_loop table{};
  table.struct_size = sizeof table;
  table.now_ms = [](const trellis_shard* shard) { return kernel(shard).now_ms; };
  table.wall_ms = [](const trellis_shard* shard) { return static_cast<std::int64_t>(kernel(shard).now_ms); };
  return table;
}

const void* get_table(trellis_host*, trellis_view id) {
  static const trellis_host_connection kConnection = make_connection_table();
  static const trellis_host_service kService = make_service_table();
  static const trellis_host_loop kLoop = make_loop_table();
  static const trellis_host_identity kIdentity = make_identity_table();
  const std::string_view wanted = trellis::text(id);
  if (wanted == TRELLIS_HOST_CONNECTION) return &kConnection;
  if (wanted == TRELLIS_HOST_SERVICE) return &kService;
  if (wanted == TRELLIS_HOST_LOOP) return &kLoop;
  if (wanted == TRELLIS_HOST_IDENTITY) return &kIdentity;
  return nullptr;
}

// The defaults of the schema, which a real kernel would have filled in.
constexpr std::string_view kDefaults =
    R"({"body_bytes":1024,"head_bytes":1024,"target_bytes":256,"header_count":10,"pipelined_requests":3,)"
    R"("streams":4,"buffered_bytes":65536,"gzip":true,)"
    R"("unfinished_bytes":1000000,"head_timeout":10000,"body_timeout":60000,"idle_timeout":75000})";

}  // namespace

FakeClient::FakeClient(FakeKernel& owner) : kernel(owner) {
  user_ = kernel.protocol().on_open(kernel.shard(), reinterpret_cast<trellis_connection*>(this));
  kernel.clients.push_back(this);
}

FakeClient::~FakeClient() {
  kernel.protocol().on_close(kernel.shard(), user_, TRELLIS_CLOSE_PEER);
  std::erase(kernel.clients, this);
}

void FakeClient::send(std::string_view text) {
  if (closed) return;
  std::size_t wanted = 0;
  const auto bytes = trellis::bytes(text);
  const std::size_t used = kernel.protocol().on_bytes(kernel.shard(), user_, bytes.data(), bytes.size(), &wanted);
  if (used != text.size()) throw std::logic_error("the connection left bytes to the kernel");
}

void FakeClient::answer(std::size_t request, std::uint32_t status, std::string_view body,
                        std::string_view content_type) {
  answer(request, status, body, Fields{{"content-type", std::string(content_type)}});
}

void FakeClient::answer(std::size_t request, std::uint32_t status, std::string_view body, const Fields& fields) {
  give_answer(*this, asked.at(request).request_user, status, body, fields);
}

void FakeClient::drain() { kernel.protocol().on_drain(kernel.shard(), user_); }

FakeKernel::FakeKernel(std::string_view settings) {
  static const trellis_host_table kTable{sizeof(trellis_host_table), get_table};
  plugin_.attach(trellis::Host(reinterpret_cast<trellis_host*>(this), &kTable));
  const std::string_view text = settings == "{}" ? kDefaults : settings;
  if (!plugin_.configure(trellis::Config::parse(text).value())) throw std::logic_error("the settings were refused");
  if (!plugin_.start()) throw std::logic_error("the plugin did not start");
  shard_ = plugin_.open_shard(reinterpret_cast<trellis_shard*>(this), 0);
}

FakeKernel::~FakeKernel() {
  TransportHttp::close_shard(shard_);
  plugin_.stop();
}

void FakeKernel::answer_question(FakeClient& client, std::string_view name) const {
  trellis_auth_answer answer{};
  answer.struct_size = sizeof answer;
  answer.verdict = name.empty() ? TRELLIS_AUTH_DENY : TRELLIS_AUTH_ALLOW;
  answer.status = TRELLIS_BAD_CREDENTIALS;
  answer.name = trellis::view(name);
  protocol().on_authenticated(shard(), client.user(), &answer);
}

void FakeKernel::advance(std::uint64_t milliseconds) {
  now_ms += milliseconds;
  for (FakeClient* one : std::vector<FakeClient*>(clients)) {
    if (!one->timer_at || *one->timer_at > now_ms || one->closed) continue;
    one->timer_at.reset();
    protocol().on_timer(shard_, one->user());
  }
}

}  // namespace transport_http::testing
