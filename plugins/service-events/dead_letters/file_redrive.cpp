#include "file_redrive.hpp"

#include <utility>
#include <vector>

#include "events_service.hpp"
#include "letter_reader.hpp"
#include "put_back.hpp"

namespace events_service {
namespace {

using events::problem;

constexpr std::size_t kMostBytes = std::size_t{8} << 20U;  // at once, but for one file

/// One that is under way. No other one has its files meanwhile.
struct Under {
  Under(Events& of, FileRedrive::Asked from) : plugin(of), asked(std::move(from)) {}
  Under(const Under&) = delete;
  Under& operator=(const Under&) = delete;
  ~Under() {
    for (const std::string& id : claimed) asked.files->release(asked.folder + '/' + id);
  }

  Events& plugin;
  FileRedrive::Asked asked;
  std::vector<std::string> claimed;
  std::vector<std::string> read;  // of those, whose events are here
  std::vector<std::string> events;
  Redriven what;
};

// Adds the events of that file. What is wrong with it, if something is.
trellis::Result<void> add(Under& under, LetterReader& reader, const std::string& id) {
  if (!under.asked.files->claim(under.asked.folder + '/' + id))
    return trellis::fail("another request re-drives this file", trellis::Status::unavailable);
  under.claimed.push_back(id);
  auto events = reader.events(under.asked.folder, id);
  if (!events) return events.error();
  under.read.push_back(id);
  for (std::string& event : events.value()) under.events.push_back(std::move(event));
  return trellis::ok();
}

trellis::Result<void> add_all(Under& under, LetterReader& reader, const LetterPlace& place) {
  std::size_t bytes = 0;
  return place.for_each(under.asked.folder, {}, [&](const std::string& id) {
    under.what.more = under.events.size() >= under.asked.most || bytes >= kMostBytes;
    if (under.what.more) return false;
    const std::size_t before = under.events.size();
    if (const auto added = add(under, reader, id); !added) {
      ++under.what.skipped;
      under.plugin.host().log(trellis::Level::warn, "a file with dead letters is passed over",
                              {{"folder", under.asked.folder}, {"file", id}, {"error", added.error().text}});
    }
    for (std::size_t i = before; i < under.events.size(); ++i) bytes += under.events[i].size();
    return true;
  });
}

// On the thread: the events are kept.
void remove_files(Under& under, const LetterPlace& place) {
  for (const std::string& id : under.read) {
    if (const auto removed = place.remove(under.asked.folder, id); !removed) {
      return under.asked.answer->refuse(
          problem(500, "the events are in the queue again, but are here still: " + removed.error().text));
    }
  }
  under.asked.answer->send_from_anywhere(redrive_answer(under.what));
}

void finish(const std::shared_ptr<Under>& under, bool kept) {
  const Metrics& metrics = under->plugin.metrics();
  const auto count = static_cast<std::int64_t>(under->events.size());
  (kept ? metrics.redriven : metrics.redrive_failed).add_any(count);
  if (!kept) {
    return under->asked.answer->refuse(problem(503, "the event subscription or the store takes no " +
                                                        std::to_string(count) + " events now; nothing was changed"));
  }
  under->what.redriven = under->events.size();
  under->asked.files->post([under](const LetterPlace& place) { remove_files(*under, place); }, true);
}

// On the shard of the topic.
void put_back_all(TopicsHere& there, const std::shared_ptr<Under>& under) {
  put_back(there, *under->asked.topic, under->asked.subscription, under->events,
           [under](bool kept) { finish(under, kept); });
}

}  // namespace

std::string redrive_answer(const Redriven& what) {
  return "{\"redriven\":" + std::to_string(what.redriven) + ",\"failed\":" + std::to_string(what.failed) +
         ",\"skipped\":" + std::to_string(what.skipped) + ",\"more\":" + (what.more ? "true" : "false") + '}';
}

LetterFiles::Job FileRedrive::job(Events& plugin, Asked asked) {
  return [under = std::make_shared<Under>(plugin, std::move(asked))](const LetterPlace& place) {
    LetterReader reader(place, under->plugin.settings().intake);
    const std::string& id = under->asked.id;
    const auto read = id.empty() ? add_all(*under, reader, place) : add(*under, reader, id);
    if (!read) {
      const auto status = read.error().status;
      const std::uint32_t code = status == trellis::Status::no_match      ? 404
                                 : status == trellis::Status::unavailable ? 503
                                                                          : 500;
      return under->asked.answer->refuse(problem(code, code == 404 ? "there is no file " + events::in_quotes(id) +
                                                                         " of dead letters here; it may be back already"
                                                                   : read.error().text));
    }
    if (under->events.empty()) return under->asked.answer->send_from_anywhere(redrive_answer(under->what));
    const std::uint32_t home = under->asked.topic->home->shard.load(std::memory_order_relaxed);
    under->plugin.host().post(home, [under, home] {
      if (TopicsHere* const there = under->plugin.on_shard(home)) put_back_all(*there, under);
    });
  };
}

}  // namespace events_service
