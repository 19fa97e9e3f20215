#include "store_journal.hpp"

#include "store_command.hpp"

namespace store_journal {

using trellis::ChangeKind;
using trellis::Status;
using trellis::text;

trellis::Schema StoreJournal::schema() {
  return trellis::Schema{}
      .path("path", {.help = "Folder of the store, made where it is not there. One broker uses it at a time.",
                     .required = true})
      .bytes("segment_size", {.help = "Size of one file of the journal. Each is prepared in full before it is used.",
                              .fallback = "64MiB",
                              .minimum = "64KiB",
                              .maximum = "1GiB"})
      .bytes("checkpoint_size",
             {.help = "So much is written between two checkpoints, and read again at a start, at least; "
                      "more where a checkpoint itself is larger.",
              .fallback = "64MiB",
              .minimum = "64KiB",
              .maximum = "1GiB"})
      .bytes("waiting_size",
             {.help = "Most bytes that are accepted and not written yet. Beyond them changes are refused.",
              .fallback = "64MiB",
              .minimum = "64KiB"})
      .duration("sync_interval", {.help = "What nobody waits for on the medium gets there after this time.",
                                  .fallback = "1s",
                                  .minimum = "10ms"})
      .bytes("sync_size", {.help = "The same by bytes. They are held in memory until they are on the medium.",
                           .fallback = "8MiB",
                           .minimum = "64KiB",
                           .maximum = "256MiB"})
      .bytes("free_space", {.help = "Space of the disk that is to be left. With less the store is full: what adds is "
                                    "refused, what frees is taken.",
                            .fallback = "256MiB",
                            .minimum = "0B"})
      .integer("rewrite_below", {.help = "Segments of which fewer percent live are rewritten and given back.",
                                 .fallback = 40,
                                 .minimum = 0,
                                 .maximum = 90})
      .bytes("rewrite_rate", {.help = "Most bytes a second for that.", .fallback = "32MiB", .minimum = "64KiB"})
      .integer(
          "rewrite_share",
          {.help = "Most percent for that of what is written meanwhile.", .fallback = 50, .minimum = 1, .maximum = 100})
      .path("backups",
            {.help = "Folder below which backups are made, on request, while the broker runs; best on another disk. "
                     "Without it there are none."})
      .example(R"({"path": "/var/lib/trellis/store"})");
}

trellis::Result<void> StoreJournal::configure(const trellis::Config& config) {
  const auto bytes = [&](std::string_view name) { return static_cast<std::uint64_t>(config.integer(name)); };
  path_ = config.text("path");
  if (path_.empty()) return trellis::fail("/path: is empty, expected the folder of the store");
  backups_path_ = config.text("backups", "");
  options_.segment_bytes = bytes("segment_size");
  options_.checkpoint_bytes = bytes("checkpoint_size");
  options_.waiting_bytes = bytes("waiting_size");
  options_.sync_interval = config.milliseconds("sync_interval");
  options_.sync_bytes = bytes("sync_size");
  options_.free_bytes = bytes("free_space");
  options_.rewrite_below = static_cast<unsigned>(config.integer("rewrite_below"));
  options_.rewrite_bytes = bytes("rewrite_rate");
  options_.rewrite_share = static_cast<unsigned>(config.integer("rewrite_share"));
  return trellis::ok();
}

trellis::Result<void> StoreJournal::start() {
  table_ = host().table<trellis_host_store>();
  declare_metrics();
  folder_ = std::make_unique<journal::Folder>(path_);
  if (std::string why = folder_->open_locked(); !why.empty()) return trellis::fail(std::move(why));
  journal::Listener& listener = *this;
  journal_ = std::make_unique<journal::Journal>(*folder_, path_, options_, listener);
  if (std::string why = journal_->open(); !why.empty()) {
    stop();
    return trellis::fail(std::move(why));
  }
  {
    const std::lock_guard lock(backups_mutex_);
    backups_ = std::make_unique<Backups>(
        backups_path_, *journal_, [this](const trellis::Backup& ended, const std::string& path) { tell(ended, path); });
  }
  const journal::Figures now = journal_->figures();
  host().log(trellis::Level::info, "the store is open",
             {{"path", path_},
              {"queues", now.queues},
              {"entries", now.entries},
              {"records", now.records},
              {"replayed_bytes", journal_->recovered().replayed_bytes}});
  return trellis::ok();
}

void StoreJournal::stop() {
  std::unique_ptr<Backups> backups;
  {
    const std::lock_guard lock(backups_mutex_);
    backups = std::move(backups_);
  }
  backups.reset();
  journal_.reset();
  folder_.reset();
}

bool StoreJournal::restore(const trellis::RestoreSink& sink) {
  journal_->look([&](const journal::Index& index) {
    for (const auto& [number, queue] : index.queues()) {
      sink.queue({number, queue.entries.first(), queue.entries.last(), queue.entries.live(), queue.bytes,
                  queue.marks.data(), queue.marks.size()});
    }
  });
  return journal_->records([&](std::string_view key, std::string_view value) { sink.record(key, value); });
}

namespace {

void encode_append(const trellis::StoreChange& change, journal::ChunkWriter& out) {
  const auto targets = change.targets();
  out.begin_entry(journal::Kind::append, change.body(), targets.size());
  for (const trellis_store_target& target : targets) out.target({target.queue, target.number, text(target.extra)});
}

void encode(const trellis::StoreChange& change, journal::ChunkWriter& out) {
  switch (change.kind()) {
    case ChangeKind::append:
      return encode_append(change, out);
    case ChangeKind::settle:
      return out.settle(change.queue(), change.first(), change.last());
    case ChangeKind::note:
      return out.note(change.queue(), change.first(), {{change.note().words[0], change.note().words[1]}});
    case ChangeKind::mark:
      return out.mark(journal::Kind::mark, change.queue(), change.mark());
    case ChangeKind::unmark:
      return out.mark(journal::Kind::unmark, change.queue(), change.mark());
    case ChangeKind::drop:
      return out.drop(change.queue());
    case ChangeKind::put:
      return out.record(journal::Kind::put, change.key(), change.body());
    case ChangeKind::remove:
      return out.remove(change.key());
  }
}

std::size_t size_of(const trellis::StoreChanges& changes) {
  std::size_t size = 0;
  for (const trellis::StoreChange change : changes) {
    const bool keyed = change.kind() == ChangeKind::put || change.kind() == ChangeKind::remove;
    size += 32 + (keyed ? change.key().size() : 0);
    if (change.kind() == ChangeKind::append || change.kind() == ChangeKind::put) size += change.body().size();
    if (change.kind() != ChangeKind::append) continue;
    for (const trellis_store_target& target : change.targets()) size += journal::kMostTargetHeader + target.extra.size;
  }
  return size;
}

constexpr std::size_t kMostOfChanges = 64 * 1024;

journal::Journal::Growth growth_of(const trellis::StoreChanges& changes, std::size_t size) {
  using Growth = journal::Journal::Growth;
  if (changes.all_free()) return Growth::frees;
  for (const trellis::StoreChange change : changes) {
    if (change.kind() == ChangeKind::append) return Growth::adds;
  }
  return size <= kMostOfChanges ? Growth::changes : Growth::adds;
}

}  // namespace

Status StoreJournal::write(const trellis::Shard&, trellis::StoreChanges changes, trellis::Durability level,
                           trellis::WriteReply& reply) {
  const std::size_t size = size_of(changes);
  if (size > journal::kMostChunk / 2) return Status::too_large;
  journal::ChunkWriter chunk(journal_->buffer(size));
  chunk.reserve(size);
  for (const trellis::StoreChange change : changes) encode(change, chunk);
  const auto wanted = level == trellis::Durability::synced ? journal::Level::synced : journal::Level::written;
  // Given back before the answer can come: from here on the engine has the token.
  const trellis_token token = reply.token();
  switch (journal_->write(reply.shard(), token, std::move(chunk), wanted, growth_of(changes, size))) {
    case journal::Journal::Taken::yes:
      reply.drop();
      return Status::ok;
    case journal::Journal::Taken::too_large:
      return Status::too_large;
    case journal::Journal::Taken::unavailable:
      break;
  }
  return Status::unavailable;
}

Status StoreJournal::read(const trellis::Shard&, const trellis::ReadRequest& request, trellis::ReadReply& reply) {
  const auto taken =
      journal_->read(reply.shard(), reply.token(), request.queue, request.after, request.entries, request.bytes);
  if (taken != journal::Journal::Taken::yes) return Status::unavailable;
  reply.drop();
  return Status::ok;
}

trellis_store_figures StoreJournal::figures() const noexcept {
  if (journal_ == nullptr) return {};
  const journal::Figures now = journal_->figures();
  const auto state = now.state == journal::State::good   ? trellis::StoreState::good
                     : now.state == journal::State::full ? trellis::StoreState::full
                                                         : trellis::StoreState::failing;
  return {sizeof(trellis_store_figures),
          static_cast<std::uint32_t>(state),
          now.queues,
          now.entries,
          now.records,
          now.live_bytes,
          now.used_bytes,
          now.free_bytes,
          now.waiting_bytes};
}

// --- backups

trellis::Result<void> StoreJournal::begin_backup(std::string_view name) {
  const std::lock_guard lock(backups_mutex_);
  if (backups_ == nullptr) return trellis::fail("the store does not run", Status::unavailable);
  return backups_->begin(name);
}

trellis::Backup StoreJournal::backup() const {
  const std::lock_guard lock(backups_mutex_);
  return backups_ == nullptr ? trellis::Backup() : backups_->now();
}

void StoreJournal::tell(const trellis::Backup& ended, const std::string& path) {
  const bool done = ended.state == trellis::BackupState::done;
  backups_ended_[done ? 0 : 1].add_any(1);
  if (done) return host().log(trellis::Level::info, "backup made", {{"path", path}, {"bytes", ended.total_bytes}});
  host().log(trellis::Level::warn, "no backup was made", {{"path", path}, {"reason", ended.reason}});
}

// --- what the engine says, on its threads

void StoreJournal::stored(std::uint32_t shard, std::uint64_t token, bool good) {
  trellis::WriteReply(host(), table_, shard, token).answer(good ? Status::ok : Status::internal);
}

void StoreJournal::entries(std::uint32_t shard, std::uint64_t token, bool good,
                           std::span<const journal::ReadEntry> entries) {
  trellis::ReadReply reply(host(), table_, shard, token);
  if (!good) return reply.failed();
  std::vector<trellis_store_entry> out;
  out.reserve(entries.size());
  for (const journal::ReadEntry& entry : entries) {
    out.push_back({entry.number,
                   trellis::view(entry.body),
                   trellis::view(entry.extra),
                   {{entry.note.words[0], entry.note.words[1]}}});
  }
  reply.answer(out);
}

void StoreJournal::log(journal::Severity severity, const std::string& sentence) {
  const auto level = severity == journal::Severity::error  ? trellis::Level::error
                     : severity == journal::Severity::warn ? trellis::Level::warn
                                                           : trellis::Level::info;
  host().log(level, sentence);
}

void StoreJournal::declare_metrics() {
  counters_ = {
      host().counter("trellis_store_written_bytes_total", "Bytes written to the journal."),
      host().counter("trellis_store_chunks_total", "Chunks written to the journal, one for each call."),
      host().counter("trellis_store_syncs_total", "Times the journal was brought to the medium."),
      host().counter("trellis_store_sync_microseconds_total", "Time that took, in microseconds."),
      host().counter("trellis_store_rewritten_bytes_total", "Bytes moved out of segments that were mostly dead."),
      host().counter("trellis_store_checkpoints_total", "Checkpoints written."),
      host().counter("trellis_store_failures_total", "Writes, syncs and files made that failed.")};
  static constexpr std::string_view kBackups = "Backups that were asked for, by what became of them.";
  backups_ended_ = {host().counter("trellis_store_backups_total", kBackups, "outcome=\"done\""),
                    host().counter("trellis_store_backups_total", kBackups, "outcome=\"failed\"")};
  gauges_[0].metric = host().gauge("trellis_store_segments", "Files of the journal.");
  gauges_[1].metric = host().gauge("trellis_store_live_bytes", "Bytes of what is kept.");
  gauges_[2].metric = host().gauge("trellis_store_used_bytes", "Bytes of the journal's files.");
  gauges_[4].metric = host().gauge("trellis_store_waiting_bytes", "Bytes accepted and not written yet.");
  gauges_[3].metric = host().gauge("trellis_store_state", "1 good, 2 full, 3 failing.");
}

void StoreJournal::Gauge::set(std::uint64_t value) noexcept {
  const auto now = static_cast<std::int64_t>(value);
  if (now != last) metric.add_any(now - last);
  last = now;
}

void StoreJournal::counted(const journal::Counts& counts, const journal::Figures& now) {
  const std::array<std::uint64_t, 7> values = {counts.bytes,   counts.chunks,          counts.syncs,
                                               counts.sync_us, counts.rewritten_bytes, counts.checkpoints,
                                               counts.failures};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) counters_[i].add_any(static_cast<std::int64_t>(values[i]));
  }
  gauges_[0].set(now.segments);
  gauges_[1].set(now.live_bytes);
  gauges_[2].set(now.used_bytes);
  gauges_[4].set(now.waiting_bytes);
  gauges_[3].set(static_cast<std::uint64_t>(now.state) + 1);
}

int StoreJournal::run(const std::vector<std::string_view>& words, const trellis::Console& console) {
  return run_store(words, console);
}

}  // namespace store_journal
