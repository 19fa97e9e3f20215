#include "dead_letter_requests.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "at_home.hpp"
#include "dead_letters_here.hpp"
#include "file_redrive.hpp"
#include "letter.hpp"
#include "letter_files.hpp"
#include "letter_reader.hpp"
#include "put_back.hpp"

namespace events_service {
namespace {

using events::Operation;
using events::problem;

events::Problem problem_of(const trellis::Error& error) {
  const bool missing = error.status == trellis::Status::no_match;
  return problem(missing ? 404 : 500, missing ? "there is no such dead letter: " + error.text : error.text);
}

// "<id>/<index>", as list() gives it.
std::optional<LetterReader::Page> page_of(const events::Route& route) {
  LetterReader::Page page{.from = {}, .behind = 0, .most = route.max_events};
  if (route.marker.empty()) return page;
  const std::string_view marker = route.marker;
  const std::size_t slash = std::min(marker.find('/'), marker.size());
  page.from = marker.substr(0, slash);
  const char* const end = marker.data() + marker.size();
  const auto read = slash == marker.size() ? std::from_chars_result{end, std::errc::invalid_argument}
                                           : std::from_chars(marker.data() + slash + 1, end, page.behind);
  if (read.ec != std::errc() || read.ptr != end || page.behind == UINT32_MAX || !time_of_letter_id(page.from))
    return std::nullopt;
  ++page.behind;
  return page;
}

}  // namespace

void DeadLetterRequests::answer(const events::Route& route, std::shared_ptr<const TopicView> topic,
                                const SubscriptionEntry& entry, Answer answer) {
  if (route.operation != Operation::redrive) return of_files(route, std::move(topic), entry, std::move(answer));
  const TopicView& at = *topic;
  here_.at_home(at, [topic = std::move(topic), id = entry.id, most = route.max_events,
                     answer = std::move(answer)](TopicsHere& there) mutable {
    there.refresh();
    there.dead_letter_requests().move_back(std::move(topic), id, most, std::move(answer));
  });
}

void DeadLetterRequests::of_files(const events::Route& route, std::shared_ptr<const TopicView> topic,
                                  const SubscriptionEntry& entry, Answer answer) {
  const auto& letters = entry.settings->dead_letters;
  LetterFiles* const files = here_.plugin().letter_files(letters ? letters->kind : Destination::Kind::file);
  if (files == nullptr) {
    return answer.refuse(
        problem(404, "no dead letters are in blobs: dead_letters.accounts of service-events has none"));
  }
  const auto page = page_of(route);
  if (!page) {
    return answer.refuse(problem(
        400,
        "query parameter 'marker': found " + events::in_quotes(route.marker) + ", expected what the page before gave",
        "marker"));
  }
  const std::string folder = letter_folder(here_.shard().host().name_space(topic->name_space).name, topic->name,
                                           entry.name, letters ? letters->prefix() : std::string());
  const events::IntakeRules rules = here_.plugin().settings().intake;
  const auto shared = std::make_shared<Answer>(std::move(answer));
  LetterFiles::Job job;
  if (route.operation == Operation::list_dead_letters) {
    job = [shared, folder, rules, page = *page](const LetterPlace& place) {
      const auto body = LetterReader(place, rules).list(folder, page);
      body ? shared->send_from_anywhere(body.value()) : shared->refuse(problem_of(body.error()));
    };
  } else if (route.operation == Operation::show_dead_letter) {
    job = [shared, folder, rules, id = route.dead_letter, index = route.dead_letter_index](const LetterPlace& place) {
      const auto body = LetterReader(place, rules).show(folder, id, index);
      body ? shared->send_from_anywhere(body.value()) : shared->refuse(problem_of(body.error()));
    };
  } else {
    job = FileRedrive::job(here_.plugin(), {.files = files,
                                            .folder = folder,
                                            .id = route.dead_letter,
                                            .most = route.max_events,
                                            .topic = std::move(topic),
                                            .subscription = entry.id,
                                            .answer = shared});
  }
  if (!files->post(std::move(job))) shared->refuse(problem(429, "as many requests wait for dead letters as may"));
}

namespace {

/// A re-drive from a queue that is under way.
struct Moves {
  Moves(Answer to, std::uint32_t most) : answer(std::move(to)), asked(most) {}
  Answer answer;
  std::uint32_t asked;
  std::size_t waiting = 1;  // for answers, and for the end of the asking
  std::size_t redriven = 0;
  std::size_t failed = 0;
  std::vector<std::uint64_t> skipped;
};

/// The dead letters of one subscription among them.
struct Group {
  std::shared_ptr<const TopicView> topic;
  SubscriptionId id = 0;
  std::vector<std::uint64_t> leases;
  std::vector<std::string> events;
};

void finish(TopicsHere& here, const TopicView& topic, SubscriptionId id, const std::shared_ptr<Moves>& moves) {
  if (--moves->waiting > 0) return;
  if (Subscription* const from = here.subscription(topic, id)) {
    for (const std::uint64_t lease : moves->skipped) from->moved(lease, false);
  }
  moves->answer.send(here.shard(), redrive_answer({.redriven = moves->redriven,
                                                   .failed = moves->failed,
                                                   .skipped = moves->skipped.size(),
                                                   .more = moves->failed == 0 && moves->redriven == moves->asked}));
}

// Adds it to the group it belongs to. False where it is none, or its subscription does not exist.
bool sort_in(const Directory& directory, const TopicView& letters, Subscription::Moving& letter,
             std::vector<Group>& groups) {
  const auto source = source_of(letter.event);
  const auto topic = source ? directory.find(letters.name_space, source->topic) : nullptr;
  const SubscriptionEntry* const entry = topic == nullptr ? nullptr : topic->find(source->subscription);
  // Anybody may write into an event where it is from: only subscriptions whose letters come here get some back.
  const auto* const destination =
      entry != nullptr && entry->settings->dead_letters ? &*entry->settings->dead_letters : nullptr;
  const bool comes_here = destination != nullptr && destination->kind == Destination::Kind::topic &&
                          same_name(destination->topic, letters.name);
  auto event = !comes_here ? std::nullopt : without_letter_attributes(letter.event);
  if (!event) return false;
  auto group = std::ranges::find(groups, entry->id, &Group::id);
  if (group == groups.end()) group = groups.insert(group, {topic, entry->id, {}, {}});
  group->leases.push_back(letter.lease);
  group->events.push_back(std::move(*event));
  return true;
}

}  // namespace

// Events that are no dead letters, or of subscriptions that are gone, are passed over and stay where they are.
void DeadLetterRequests::move_back(std::shared_ptr<const TopicView> topic, SubscriptionId id, std::uint32_t most,
                                   Answer answer) {
  static constexpr std::size_t kMostSkipped = 1000;
  Subscription* const from = here_.subscription(*topic, id);
  if (from == nullptr) return answer.refuse(problem(404, "the event subscription is not there any more"));
  const auto moves = std::make_shared<Moves>(std::move(answer), most);
  std::vector<Group> groups;
  for (std::uint32_t found = 0; found < most && moves->skipped.size() < kMostSkipped;) {
    auto taken = from->take_to_move(most - found);
    if (taken.empty()) break;
    for (Subscription::Moving& letter : taken) {
      if (sort_in(here_.directory(), *topic, letter, groups)) {
        ++found;
      } else {
        moves->skipped.push_back(letter.lease);
      }
    }
  }
  const std::uint32_t back = here_.shard().index();
  moves->waiting += groups.size();
  for (Group& group : groups) {
    const TopicView& to = *group.topic;
    here_.at_home(to, [group = std::move(group), topic, id, back, moves](TopicsHere& there) {
      put_back(there, *group.topic, group.id, group.events,
               [&there, topic, id, back, moves, leases = group.leases](bool kept) {
                 on_shard_of(there, back, [topic, id, moves, leases, kept](TopicsHere& here) {
                   if (Subscription* const mine = here.subscription(*topic, id)) {
                     for (const std::uint64_t lease : leases) mine->moved(lease, kept);
                   }
                   (kept ? moves->redriven : moves->failed) += leases.size();
                   const Metrics& metrics = here.plugin().metrics();
                   (kept ? metrics.redriven : metrics.redrive_failed)
                       .add(here.shard(), static_cast<std::int64_t>(leases.size()));
                   finish(here, *topic, id, moves);
                 });
               });
    });
  }
  finish(here_, *topic, id, moves);
}

}  // namespace events_service
