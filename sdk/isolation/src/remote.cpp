// An isolated instance as its life goes on the control thread; supervision.cpp has the rest.
#include "remote.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <trellis/hosting/basic_tables.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>
#include <trellis/schema/descriptor.hpp>

#include "remote_shard.hpp"

namespace trellis::isolation {

namespace log = runtime::log;

namespace {

constexpr std::chrono::milliseconds kSlow{30000};  // for a step of the life cycle
constexpr std::chrono::milliseconds kToEnd{5000};

std::uint32_t least_level(const std::string& name) {
  for (std::uint32_t level = TRELLIS_LOG_TRACE; level <= TRELLIS_LOG_ERROR; ++level) {
    if (log::enabled(name, static_cast<log::Level>(level))) return level;
  }
  return TRELLIS_LOG_ERROR;
}

}  // namespace

Remote::Remote(trellis_host* host, const trellis_host_table* table)
    : host_(host), host_table_(table), instance_(Instance::of(host)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const std::string& file = instance_.library().loaded_as();
  if (!file.empty()) library_ = Owned(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

Remote::~Remote() { stop(); }

// ---- what a process is told

std::string Remote::creation() const {
  const trellis_descriptor& facts = instance_.library().descriptor();
  Encoder out;
  out(facts.id);
  out(facts.version);
  out(std::string_view(instance_.name()));
  out(least_level(instance_.name()));
  out(library_.open());
  return std::string(out.bytes());
}

std::string Remote::configuration() const {
  Encoder out;
  out(std::string_view(instance_.config()));
  out(static_cast<std::uint32_t>(instance_.namespaces().size()));
  for (const auto& space : instance_.namespaces()) {
    out(std::string_view(space.name));
    out(std::string_view(space.config));
  }
  return std::string(out.bytes());
}

Remote::Asked Remote::ask(Process& process, Frame type, std::string_view body, std::string& error,
                          const std::vector<int>& descriptors) {
  const auto told = [this](Frame frame, std::string_view bytes) { this->told(frame, bytes); };
  const auto reply = process.ask(type, body, type == Frame::stop ? kToEnd : kSlow, told, descriptors);
  if (!reply) {
    error = "its process ended, or did not answer";
    return Asked::nobody;
  }
  Decoder answer(*reply);
  const auto status = answer.number<trellis_status>();
  error = answer.text();
  if (type == Frame::create || type == Frame::configure) {
    TableFacts facts;
    answer(facts.flags);
    answer(facts.optional);
    // Shards use the tables from the start on: those of another process are the same.
    if (!answer.failed() && !started_) tables_.set(kind(), facts);
  }
  return status == TRELLIS_OK && !answer.failed() ? Asked::done : Asked::refused;
}

std::shared_ptr<Process> Remote::launch(std::string& error) {
  constexpr std::uint32_t kReadsThem =
      TRELLIS_CAPABILITY_FILES_READ | TRELLIS_CAPABILITY_FILES_WRITE | TRELLIS_CAPABILITY_PROCESSES;
  const std::uint32_t said = schema::capabilities(instance_.library().descriptor());
  auto process = Process::start(library_.number(), (said & kReadsThem) != 0, error);
  if (process == nullptr) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return nullptr;
    starting_ = process;
    ++launched_;
  }
  metrics_.clear();
  const bool made = ask(*process, Frame::create, creation(), error) == Asked::done &&
                    (!configured_ || ask(*process, Frame::configure, configuration(), error) == Asked::done);
  return made ? process : nullptr;
}

bool Remote::begin(Process& process, std::string& error) {
  process.channels = Channels::make(static_cast<std::uint32_t>(instance_.services().shards.size()));
  if (process.channels == nullptr) {
    error = "there is no memory for its rings";
    return false;
  }
  return ask(process, Frame::start, {}, error, process.channels->descriptors()) == Asked::done;
}

// ---- life cycle

bool Remote::create(trellis_error* error) {
  std::string why;
  process_ = launch(why);
  if (process_ == nullptr) hosting::set_error(error, why);
  return process_ != nullptr;
}

bool Remote::configure(std::string_view, trellis_error* error) {
  std::string why;
  configured_ = ask(*process_, Frame::configure, configuration(), why) == Asked::done;
  if (!configured_) hosting::set_error(error, why);
  return configured_;
}

bool Remote::start(trellis_error* error) {
  declare_counters();
  std::string why;
  if (!begin(*process_, why)) {
    hosting::set_error(error, why);
    return false;
  }
  for (runtime::Shard* const shard : instance_.services().shards) {
    shards_.push_back(std::make_shared<RemoteShard>(*this, *shard));
  }
  started_ = true;
  up();
  supervisor_ = std::thread([this] { supervise(); });
  return true;
}

void Remote::declare_counters() {
  static const std::map<std::uint32_t, const char*> kHooks = {{TRELLIS_KIND_AUTHENTICATOR, "authenticate"},
                                                              {TRELLIS_KIND_AUTHORIZER, "authorize"},
                                                              {TRELLIS_KIND_HANDLER, "deliver"},
                                                              {TRELLIS_KIND_LAYER, "layer"},
                                                              {TRELLIS_KIND_PREDICATE, "judge"},
                                                              {TRELLIS_KIND_SERVICE, "request"},
                                                              {TRELLIS_KIND_STAGE, "on_messages"}};
  using runtime::MetricType;
  runtime::Metrics& metrics = *instance_.services().metrics;
  const std::string plugin = runtime::metric_label("plugin", instance_.name());
  counters_.up = metrics.declare(MetricType::gauge, "trellis_plugin_process_up", plugin,
                                 "Whether the process of an isolated plugin answers.");
  counters_.restarts = metrics.declare(MetricType::counter, "trellis_plugin_process_restarts_total", plugin,
                                       "Processes of an isolated plugin that followed one that had ended.");
  counters_.timeouts = metrics.declare(MetricType::counter, "trellis_plugin_process_timeouts_total", plugin,
                                       "Calls that an isolated plugin did not answer within its deadline.");
  counters_.fallbacks = metrics.declare(
      MetricType::counter, "trellis_plugin_fallbacks_total",
      plugin + "," + runtime::metric_label("hook", kHooks.at(kind())),
      "What was answered in place of an isolated plugin that was away, too late, or had not taken what came before.");
}

void Remote::drain(std::uint64_t deadline_ms) {
  Encoder body;
  body(deadline_ms);
  const std::lock_guard lock(mutex_);
  auto task = std::make_shared<Task>();
  task->type = Frame::drain;
  task->body = body.bytes();
  tasks_.push_back(std::move(task));
  ends_at_ = Clock::now() + std::chrono::milliseconds(deadline_ms);
  wake();
}

void Remote::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    running_ = 0;
    if (supervisor_.joinable() && starting_ != nullptr) starting_->give_up("is not needed any more");
  }
  wake();
  if (supervisor_.joinable()) supervisor_.join();
  end_process();
  for (const auto& shard : std::exchange(shards_, {})) {
    instance_.services().shards[shard->index()]->post([shard] { shard->close(); });
  }
}

// In order: the plugin's own stop() and destroy() are called, and waited for.
void Remote::end_process() {
  if (process_ == nullptr) return;
  std::string ignored;
  if (!process_->dead()) ask(*process_, Frame::stop, {}, ignored);
  process_->wait(std::chrono::milliseconds(1000));
  process_.reset();
  const std::lock_guard lock(mutex_);
  starting_.reset();
}

const void* Remote::table(std::string_view id) const {
  return id == schema::kind_table(kind()) ? tables_.of_kind(kind()) : nullptr;
}

// ---- filters and destinations

RemoteShard* Remote::shard_here() const noexcept {
  const runtime::Shard* const current = runtime::Shard::current();
  return current == nullptr || current->index() >= shards_.size() ? nullptr : shards_[current->index()].get();
}

Remote::Asked Remote::ask_to_open(const Object& object, std::string& error) {
  Encoder body;
  body(object.id);
  body(std::string_view(object.text));
  if (RemoteShard* const here = shard_here()) {
    Encoder& out = here->begin();
    out(object.id);
    out(std::string_view(object.text));
    const auto reply = here->call(Frame::open);
    if (!reply) return Asked::nobody;
    Decoder answer(*reply);
    const auto status = answer.number<trellis_status>();
    error = answer.text();
    return status == TRELLIS_OK ? Asked::done : Asked::refused;
  }
  if (started_) return ask_supervisor(Frame::open, body.bytes(), error);
  return process_ == nullptr ? Asked::nobody : ask(*process_, Frame::open, body.bytes(), error);
}

// Where nobody answers it counts as right: it is tried again with the next process, and gets the fallback until then.
Object* Remote::open(std::string_view text, trellis_error* error) {
  Object* object = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = ++last_object_;
    object = objects_.emplace(id, new Object{this, id, std::string(text)}).first->second.get();
    object->made_in = launched_;
  }
  std::string why;
  const Asked asked = ask_to_open(*object, why);
  const std::lock_guard lock(mutex_);
  if (asked == Asked::refused) {
    hosting::set_error(error, why);
    objects_.erase(object->id);
    return nullptr;
  }
  if (asked == Asked::nobody) {
    object->made_in = 0;
    objects_missing_ = true;
    wake();
  }
  return object;
}

void Remote::release(Object* object) {
  Encoder body;
  body(object->id);
  if (RemoteShard* const here = shard_here()) {
    here->begin()(object->id);
    here->tell(Frame::close);
  } else if (!started_ && process_ != nullptr) {
    process_->socket().write(Frame::close, body.bytes());
  }
  const std::lock_guard lock(mutex_);
  if (shard_here() == nullptr && started_) {
    auto task = std::make_shared<Task>();
    task->type = Frame::close;
    task->body = body.bytes();
    tasks_.push_back(std::move(task));
    wake();
  }
  objects_.erase(object->id);
}

}  // namespace trellis::isolation
