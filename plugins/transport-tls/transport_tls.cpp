#include "transport_tls.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <trellis/json.hpp>
#include <utility>

#include "cert_command.hpp"
#include "dialled_context.hpp"

namespace transport_tls {
namespace {

std::int64_t unix_now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

trellis::Result<void> TransportTls::configure(const trellis::Config& config) {
  settings_ = read_settings(config);
  return check_settings(settings_);
}

trellis::Result<void> TransportTls::start() {
  around_.emplace(Surroundings{host(), *this, Metrics::declare(host())});
  dialled_metrics_ = DialledMetrics::declare(host());
  ocsp_metrics_ = OcspMetrics::declare(host());
  connections_ = host().table<trellis_host_connection>();
  tickets_.emplace(settings_.resumption / 2);
  std::string error;
  auto seen = stamps();  // first: what changes while it is read is read again
  contexts_ = Contexts::load(settings_, *tickets_, nullptr, error);
  if (contexts_ == nullptr) return trellis::fail(error);
  for (const CertificateSettings& one : settings_.certificates) {
    days_.emplace_back(host().gauge("trellis_tls_certificate_days",
                                    "Whole days until a certificate of the broker expires; below 0: it has.",
                                    "certificate=" + trellis::json::quote(one.chain)),
                       0);
  }
  count_days(unix_now_s());
  watcher_ = std::thread([this, seen = std::move(seen)]() mutable { watch(std::move(seen)); });
  return trellis::ok();
}

void TransportTls::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  // Another instance may count the same ones.
  for (auto& [metric, counted] : days_) metric.add_any(-std::exchange(counted, 0));
}

std::unique_ptr<trellis::LayerStream> TransportTls::open(trellis::LayerIo io) {
  trellis_connection_info info{};
  info.struct_size = sizeof info;
  connections_->info(io.connection(), &info);
  if ((info.flags & TRELLIS_CONNECTION_DIALLED) == 0) return std::make_unique<TlsStream>(io, *around_);
  const std::string name(trellis::text(info.host));
  auto used = contexts();
  Session session = used->dialled().session(name, trellis::text(info.alpn));
  if (session == nullptr) return nullptr;
  return std::make_unique<DialledStream>(io, name, std::move(used), std::move(session), dialled_metrics_);
}

// A handshake record of TLS 1.x (RFC 8446, 5.1).
trellis::Recognised TransportTls::recognise(std::string_view begin) noexcept {
  if (begin[0] != 0x16) return trellis::Recognised::no;
  if (begin.size() < 2) return trellis::Recognised::more;
  return begin[1] == 0x03 ? trellis::Recognised::yes : trellis::Recognised::no;
}

std::shared_ptr<const Contexts> TransportTls::contexts() const {
  const std::lock_guard lock(mutex_);
  return contexts_;
}

// ---- OCSP

TransportTls::ShardState::ShardState(TransportTls& plugin, trellis::Shard& shard) {
  const auto fetched = [](const CertificateSettings& one) { return !one.ocsp_responder.empty(); };
  if (shard.index() != 0 || std::ranges::none_of(plugin.settings_.certificates, fetched)) return;
  link_ = plugin.ocsp_link_;
  fetcher_ = std::make_unique<OcspFetcher>(shard, plugin, plugin.ocsp_metrics_);
  link_->fetcher = fetcher_.get();
}

TransportTls::ShardState::~ShardState() {
  if (link_ != nullptr) link_->fetcher = nullptr;
}

// ---- files

std::vector<common::FileStamp> TransportTls::stamps() const {
  std::vector<common::FileStamp> all;
  for (const std::string& file : files_of(settings_)) {
    struct stat found {};
    common::FileStamp stamp;
    if (::stat(file.c_str(), &found) == 0) {
      stamp = {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, static_cast<std::uint64_t>(found.st_size), found.st_ino};
    }
    all.push_back(stamp);
  }
  return all;
}

// Certificate and key are two files: between their replacements they do not fit. What is broken is said once per
// change, and the next change makes it good.
void TransportTls::watch(std::vector<common::FileStamp> seen) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, settings_.watch_interval, [this] { return stopping_; })) {
    lock.unlock();
    auto now = stamps();
    if (now != seen) {
      seen = std::move(now);
      load_again();
    }
    count_days(unix_now_s());
    lock.lock();
  }
}

void TransportTls::count_days(std::int64_t now_s) {
  constexpr std::int64_t day_s = 86'400;
  const auto used = contexts();
  for (std::size_t i = 0; i < days_.size(); ++i) {
    auto& [metric, counted] = days_[i];
    const std::int64_t left_s = used->expires_s(i) - now_s;
    const std::int64_t days = left_s / day_s - (left_s % day_s < 0 ? 1 : 0);
    metric.add_any(days - std::exchange(counted, days));
  }
}

void TransportTls::load_again() {
  std::string error;
  auto made = Contexts::load(settings_, *tickets_, contexts().get(), error);
  if (made == nullptr) {
    host().log(trellis::Level::error, "changed files are not used, the old ones stay in force", {{"reason", error}});
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    contexts_ = std::move(made);
  }
  version_.fetch_add(1, std::memory_order_release);
  host().post(0, [link = ocsp_link_] {
    if (link->fetcher != nullptr) link->fetcher->follow();
  });
  host().log(trellis::Level::info, "certificates read again");
}

int TransportTls::run(const std::vector<std::string_view>& words, const trellis::Console& console) {
  return run_cert_command(words, console);
}

}  // namespace transport_tls
