#include "plugin_host.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <trellis/abi/connection.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <latch>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/isolation/isolation.hpp>
#include <trellis/loading/builtin.hpp>
#include <trellis/runtime/views.hpp>
#include <trellis/schema/descriptor.hpp>

#include "host_shard.hpp"
#include "process.hpp"
#include "sandbox.hpp"

namespace trellis::isolation {

using hosting::Instance;
using runtime::text_of;
using runtime::view_of;

namespace {

constexpr std::chrono::milliseconds kTellsAmounts{100};
constexpr std::chrono::hours kPatience{1};  // with the broker, which may be busy, or halted

PluginHost* the_host = nullptr;

std::shared_ptr<const loading::Library> load(std::string_view id, std::string_view version, bool file,
                                             std::string& error) {
  // Judged by the broker, which has it open; there it may have been looked at under another name.
  auto library = file ? loading::Library::load(fmt::format("/proc/self/fd/{}", kLibraryDescriptor), {}, error)
                      : loading::builtin(id, error);
  if (library != nullptr && (library->id() != id || text_of(library->descriptor().version) != version)) {
    error = fmt::format("its file holds {} {} by now", library->id(), text_of(library->descriptor().version));
    return nullptr;
  }
  return library;
}

// The broker says itself whose life failed, and at what: "plugin 'x' could not start: why".
std::string reason_in(const std::string& sentence, const std::string& name) {
  const std::size_t colon = sentence.find(": ");
  const bool ours = sentence.starts_with(fmt::format("plugin '{}' ", name)) && colon != std::string::npos;
  return ours ? sentence.substr(colon + 2) : sentence;
}

TableFacts facts_of(std::uint32_t kind, const void* table) {
  TableFacts facts;
  const auto has = [&](std::uint32_t bit, bool there) { facts.optional |= there ? bit : 0; };
  if (kind == TRELLIS_KIND_AUTHENTICATOR) {
    has(kHasAbandoned, static_cast<const trellis_authenticator*>(table)->on_abandoned != nullptr);
  } else if (kind == TRELLIS_KIND_AUTHORIZER) {
    const auto& authorizer = *static_cast<const trellis_authorizer*>(table);
    facts.flags = authorizer.flags;
    has(kHasAdmit, authorizer.admit != nullptr);
    has(kHasExplain, authorizer.explain != nullptr);
  } else if (kind == TRELLIS_KIND_HANDLER) {
    has(kHasCheck, static_cast<const trellis_handler*>(table)->check != nullptr);
  } else if (kind == TRELLIS_KIND_LAYER) {
    const auto& layer = *static_cast<const trellis_layer*>(table);
    facts.flags = layer.flags;
    has(kHasShutdown, layer.on_shutdown != nullptr);
    has(kHasRecognise, layer.recognise != nullptr);
    has(kHasFact, layer.fact != nullptr);
  }
  return facts;
}

}  // namespace

PluginHost::PluginHost() : socket_(Owned(kSocketDescriptor), Socket::Descriptors::taken, kPatience) {
  the_host = this;
  health_.set_ready();
  services_.metrics = &metrics_;
  services_.health = &health_;
  hosting::add_basic_tables(services_, {});
  add_host_tables(services_);
}

PluginHost::~PluginHost() = default;

PluginHost& PluginHost::here() noexcept { return *the_host; }

void PluginHost::run() {
  while (true) {
    Frame type{};
    std::string body;
    const auto outcome = socket_.read(type, body, Socket::Clock::now() + kTellsAmounts);
    if (outcome == Socket::Outcome::ended) return;  // nobody is left to stop for
    if (outcome == Socket::Outcome::frame && !handle(type, body)) return;
    tell_amounts();
  }
}

// False after the last.
bool PluginHost::handle(Frame type, std::string_view bytes) {
  Decoder body(bytes);
  if (type == Frame::close || type == Frame::drain) {
    const auto number = body.number<std::uint64_t>();
    type == Frame::close ? close(number) : instance_->drain(number);
    return true;
  }
  const auto question = body.number<std::uint64_t>();
  PluginError error;
  trellis_status status = TRELLIS_OK;
  if (type == Frame::create) status = create(body, error);
  if (type == Frame::configure) status = configure(body, error);
  if (type == Frame::start) status = start(error);
  if (type == Frame::stop) stop();
  if (type == Frame::open) {
    const auto id = body.number<std::uint64_t>();
    status = open(id, body.text(), error);
  }
  reply(question, type, status, error);
  return type != Frame::stop;
}

void PluginHost::reply(std::uint64_t question, Frame to, trellis_status status, const PluginError& error) {
  Encoder out;
  out(question);
  out(status);
  out(status == TRELLIS_OK ? std::string_view() : error.reason());
  if (to == Frame::create || to == Frame::configure) {
    const TableFacts facts = kind_table_ == nullptr ? TableFacts() : facts_of(kind(), kind_table_);
    out(facts.flags);
    out(facts.optional);
  }
  tell_amounts();
  socket_.write(Frame::reply, out.bytes());
}

// ---- life cycle

trellis_status PluginHost::create(Decoder& body, PluginError& error) {
  const std::string id(body.text());
  const std::string version(body.text());
  const std::string name(body.text());
  body(level_);
  const auto file = body.number<bool>();
  std::string why;
  const auto library = load(id, version, file, why);
  if (library != nullptr) {
    prctl(PR_SET_NAME, id.substr(0, 15).c_str());
    why = enter_sandbox(schema::capabilities(library->descriptor()));
    if (why.empty()) instance_ = Instance::create(library, name, services_, why);
  }
  if (instance_ == nullptr) {
    hosting::set_error(&error, reason_in(why, name));
    return TRELLIS_INTERNAL;
  }
  kind_table_ = instance_->table<void>(schema::kind_table(kind()));
  return TRELLIS_OK;
}

trellis_status PluginHost::configure(Decoder& body, PluginError& error) {
  const std::string config(body.text());
  std::vector<Instance::NamespaceConfig> namespaces(body.count(2 * sizeof(std::uint32_t)));
  for (auto& space : namespaces) {
    space.name = body.text();
    space.config = body.text();
  }
  std::string why;
  if (instance_->configure(config, std::move(namespaces), why)) return TRELLIS_OK;
  hosting::set_error(&error, reason_in(why, instance_->name()));
  return TRELLIS_INVALID;
}

trellis_status PluginHost::start(PluginError& error) {
  std::string why = "its rings did not arrive";
  channels_ = Channels::adopt(socket_.take_descriptors());
  if (channels_ != nullptr) {
    metrics_.add_shards(channels_->size());
    std::vector<hosting::PluginTimers*> timers;
    for (std::uint32_t i = 0; i < channels_->size(); ++i) {
      shards_.push_back(std::make_unique<HostShard>(*this, i, metrics_, epochs_, channels_->shard(i)));
      services_.shards.push_back(&shards_.back()->shard());
      timers.push_back(&shards_.back()->timers());
    }
    const auto own = services_.tables;
    hosting::add_basic_tables(services_, std::move(timers));
    services_.tables = own;
    for (const auto& shard : shards_) shard->run();
    if (instance_->start(why) && open_shards(why)) return TRELLIS_OK;
  }
  hosting::set_error(&error, reason_in(why, instance_->name()));
  return TRELLIS_UNAVAILABLE;
}

bool PluginHost::open_shards(std::string& error) {
  std::latch done(static_cast<std::ptrdiff_t>(shards_.size()));
  std::mutex mutex;
  bool opened = true;
  for (const auto& shard : shards_) {
    shard->shard().post([&, &home = *shard] {
      std::string problem;
      if (instance_->open_shard(home.shard(), problem)) {
        home.listen();
      } else {
        const std::lock_guard lock(mutex);
        opened = false;
        error = problem;
      }
      done.count_down();
    });
  }
  done.wait();
  return opened;
}

void PluginHost::stop() {
  if (instance_ == nullptr) return;
  std::latch done(static_cast<std::ptrdiff_t>(shards_.size()));
  for (const auto& shard : shards_) {
    shard->shard().post([&, &home = *shard] {
      instance_->close_shard(home.shard());
      done.count_down();
    });
  }
  done.wait();
  instance_->stop();
  instance_.reset();
  kind_table_ = nullptr;
}

// ---- the verb

int run_plugin_host(const std::vector<std::string>& words) {
  // Whoever ends the broker ends it by its socket. Signals of the terminal, or to all of a service, are for the broker.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (words.size() != 1 || words[0] != std::to_string(getppid()) || fcntl(kSocketDescriptor, F_GETFD) < 0) {
    std::fprintf(stderr, "plugin-host is what the broker runs isolated plugins in; it does nothing by itself\n");
    return 2;
  }
  for (const int number : {kSocketDescriptor, kLibraryDescriptor}) fcntl(number, F_SETFD, FD_CLOEXEC);
  static PluginHost host;
  host.run();
  // Threads that the plugin did not end would run into what is destroyed behind them.
  std::_Exit(0);
}

}  // namespace trellis::isolation
