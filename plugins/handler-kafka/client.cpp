#include "client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

namespace kafka {
namespace {

using common::Verdict;
using trellis::Cause;

constexpr std::chrono::seconds kOpenAgain{5};
constexpr std::chrono::seconds kPurgeTime{2};  // for what the library only has to give back
constexpr int kWarning = 4;                    // of syslog

}  // namespace

Client::Client(const trellis::Host& host, const Settings& settings, const Metrics& metrics,
               std::shared_ptr<const Target> first, int wake_fd)
    : host_(host), settings_(settings), metrics_(metrics), first_(std::move(first)), wake_fd_(wake_fd) {
  metrics_.clients.add_any(1);
}

Client::~Client() {
  end(Clock::duration(0));
  if (!over_) metrics_.clients.add_any(-1);
}

std::optional<Verdict> Client::offer(Records& records) {
  Records taken;
  std::int64_t new_bytes = 0;
  std::optional<Verdict> left;
  {
    const std::lock_guard lock(mutex_);
    if (retired_) return Verdict::stopped(records.front().target->name() + ": the handler stops");
    while (!records.empty()) {
      const std::size_t bytes = records.front().bytes();
      // One record goes whatever its size: the library says whether it is too long.
      const bool full = events_ >= settings_.queue_events || (events_ > 0 && bytes_ + bytes > settings_.queue_bytes);
      if (full) {
        left = Verdict::later(Cause::busy, records.front().target->name() + ": too many events are under way",
                              common::kRoomWait);
        break;
      }
      ++events_;
      bytes_ += bytes;
      new_bytes += static_cast<std::int64_t>(bytes);
      taken.splice(taken.end(), records, records.begin());
    }
    metrics_.under_way.add_any(static_cast<std::int64_t>(taken.size()));
    metrics_.under_way_bytes.add_any(new_bytes);
    offered_.splice(offered_.end(), taken);
    // Within the lock: who retires the client closes the descriptor afterwards.
    const std::uint64_t one = 1;
    (void)!::write(wake_fd_, &one, sizeof one);
  }
  return left;
}

void Client::retire(Clock::time_point until) noexcept {
  const std::lock_guard lock(mutex_);
  until_ = until;
  retired_ = true;
}

void Client::work(Clock::time_point now) {
  if (over_) return;
  take_offered(now);
  serve();
  if (std::exchange(unauthorized_, false)) {
    // Waiting changes nothing about wrong credentials, and who has events delivered shall know at once.
    rd_kafka_purge(library_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
    serve();
  }
  if (fatal_) {
    metrics_.replaced.add_any();
    end(kPurgeTime);
  }
  if (!retired_ || !may_end(now)) return;
  take_offered(now);
  end(kPurgeTime);
  over_ = true;
  metrics_.clients.add_any(-1);
}

bool Client::may_end(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return events_ == 0 || now >= until_;
}

void Client::take_offered(Clock::time_point now) {
  Records taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(offered_);
  }
  if (taken.empty()) return;
  const bool there = library_ != nullptr || (now >= open_again_ && open(now));
  while (!taken.empty()) {
    under_way_.splice(under_way_.end(), taken, taken.begin());
    const auto record = std::prev(under_way_.end());
    record->self = record;
    if (there) {
      produce(record);
    } else {
      finish(record, Verdict::later(Cause::other, record->target->name() + ": " + trouble_.text, kOpenAgain));
    }
  }
}

void Client::set_callbacks(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* report, void* mine) {
    static_cast<Client*>(mine)->on_report(*report);
  });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int error, const char* text, void* mine) {
    static_cast<Client*>(mine)->on_error(static_cast<rd_kafka_resp_err_t>(error), text == nullptr ? "" : text);
  });
  rd_kafka_conf_set_connect_cb(conf, [](int socket, const sockaddr* address, int size, const char*, void* mine) {
    return static_cast<Client*>(mine)->on_connect(socket, address, size);
  });
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t* library, int level, const char* facility, const char* text) {
    const auto* const mine = static_cast<const Client*>(rd_kafka_opaque(library));
    mine->host_.log(level <= kWarning ? trellis::Level::debug : trellis::Level::trace, "the Kafka library says",
                    {{"servers", mine->first_->servers}, {"facility", facility}, {"text", common::said(text)}});
  });
}

bool Client::open(Clock::time_point now) {
  auto conf = first_->client.conf();
  std::array<char, 512> why{};
  if (conf) {
    set_callbacks(conf->get());
    library_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf->get(), why.data(), why.size()));
  }
  if (library_ == nullptr) {
    open_again_ = now + kOpenAgain;
    metrics_.failed.add_any();
    trouble_ = {Cause::other,
                "the Kafka library makes no client: " + (conf ? common::said(why.data()) : conf.error().text)};
    host_.log(trellis::Level::error, "no client for a Kafka cluster",
              {{"servers", first_->servers}, {"reason", trouble_.text}});
    return false;
  }
  (void)conf->release();  // the client has it now
  rd_kafka_queue_t* const reports = rd_kafka_queue_get_main(library_.get());
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(reports, wake_fd_, &one, sizeof one);
  rd_kafka_queue_destroy(reports);
  return true;
}

void Client::produce(Records::iterator record) {
  std::vector<rd_kafka_vu_t> parts;
  const auto add = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    parts.emplace_back().vtype = type;
    return parts.back();
  };
  add(RD_KAFKA_VTYPE_TOPIC).u.cstr = record->target->topic.c_str();
  auto& value = add(RD_KAFKA_VTYPE_VALUE).u.mem;
  value.ptr = record->value.data();
  value.size = record->value.size();
  if (record->key) {
    auto& key = add(RD_KAFKA_VTYPE_KEY).u.mem;
    key.ptr = record->key->data();
    key.size = record->key->size();
  }
  for (const auto& [name, text] : record->headers) {
    auto& header = add(RD_KAFKA_VTYPE_HEADER).u.header;
    header.name = name.c_str();
    header.val = text.data();
    header.size = static_cast<ssize_t>(text.size());
  }
  add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = &*record;
  rd_kafka_error_t* const error = rd_kafka_produceva(library_.get(), parts.data(), parts.size());
  if (error == nullptr) return;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  if (code == RD_KAFKA_RESP_ERR__FATAL) fatal_ = true;
  finish(record, judge(code, *record->target, trouble_));
}

void Client::serve() {
  while (library_ != nullptr && rd_kafka_poll(library_.get(), 0) > 0) {
  }
}

void Client::end(Clock::duration patience) {
  if (library_ != nullptr) {
    rd_kafka_purge(library_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const auto until = Clock::now() + patience;
    while (!under_way_.empty() && Clock::now() < until) rd_kafka_poll(library_.get(), 20);
    library_.reset();
  }
  while (!under_way_.empty()) {
    const auto record = under_way_.begin();
    finish(record, Verdict::retry(Cause::canceled, record->target->name() + ": the handler stops"));
  }
  fatal_ = false;
  trouble_ = {};
}

void Client::finish(Records::iterator record, const Verdict& verdict) {
  const std::size_t bytes = record->bytes();
  {
    const std::lock_guard lock(mutex_);
    --events_;
    bytes_ -= bytes;
  }
  metrics_.under_way.add_any(-1);
  metrics_.under_way_bytes.add_any(-static_cast<std::int64_t>(bytes));
  metrics_.events.count_any(verdict);
  verdict.settle(record->settlement);
  under_way_.erase(record);
}

void Client::on_report(const rd_kafka_message_t& report) {
  const auto record = static_cast<Record*>(report._private)->self;
  if (report.err == RD_KAFKA_RESP_ERR_NO_ERROR && trouble_.cause != Cause::none) {
    trouble_ = {};
    host_.log(trellis::Level::info, "a Kafka cluster takes events again", {{"servers", first_->servers}});
  }
  finish(record, judge(report.err, *record->target, trouble_));
}

void Client::on_error(rd_kafka_resp_err_t error, std::string_view text) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) fatal_ = true;
  Trouble now{cause_of(error), common::said(text)};
  // It follows the errors of each, and says less.
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && trouble_.cause != Cause::none) return;
  {
    const std::lock_guard lock(mutex_);
    if (now.cause == Cause::socket && !refused_.empty()) now = {Cause::forbidden, std::exchange(refused_, {})};
  }
  unauthorized_ = unauthorized_ || now.cause == Cause::unauthorized;
  if (now.cause != trouble_.cause) {
    host_.log(trellis::Level::warn, "trouble with a Kafka cluster",
              {{"servers", first_->servers}, {"reason", now.text}});
  }
  trouble_ = std::move(now);
}

int Client::on_connect(int socket, const sockaddr* address, int size) {
  const std::string why = settings_.addresses->refusal(*address);
  if (!why.empty()) {
    metrics_.refused_addresses.add_any();
    const std::lock_guard lock(mutex_);
    refused_ = "an address of the cluster is refused: " + why;
    return EACCES;
  }
  if (::connect(socket, address, static_cast<socklen_t>(size)) == 0 || errno == EINPROGRESS) return 0;
  return errno;
}

}  // namespace kafka
