#include "dead_letters_here.hpp"

#include <optional>
#include <utility>

#include "at_home.hpp"
#include "letter.hpp"
#include "letter_files.hpp"

namespace events_service {
namespace {

// On the shard of that topic. What is wrong, where it is not taken; otherwise done is called.
const char* keep_letter(TopicsHere& there, std::uint32_t name_space, const std::string& topic, const std::string& event,
                        const std::function<void(const char* wrong)>& done) {
  there.refresh();
  const auto to = there.directory().find(name_space, topic);
  if (to == nullptr) return "the topic they go to does not exist";
  Batch batch;
  batch.add(event, cloud_event::Event::structured(event), to->filters());
  if (!batch.choose(there.shard(), *to)) return "a predicate of the topic they go to does not run";
  if (batch.wanted.empty()) return "no event subscription of the topic they go to wants them";
  const bool taken = there.keep(*to, batch, [done](bool kept) { done(kept ? nullptr : "the store failed"); });
  return taken ? nullptr : "a queue of the topic they go to is full, or the store takes nothing";
}

}  // namespace

std::string letter_folder(std::string_view name_space, std::string_view topic, std::string_view subscription,
                          std::string_view prefix) {
  return std::string(prefix) + path_part(name_space) + '/' + path_part(small(topic)) + '/' +
         path_part(small(subscription));
}

std::shared_ptr<const SubscriptionSettings> DeadLettersHere::settings_of(std::uint32_t name_space,
                                                                         std::string_view topic,
                                                                         std::string_view subscription) const {
  const auto view = here_.directory().find(name_space, topic);
  const SubscriptionEntry* const entry = view == nullptr ? nullptr : view->find(subscription);
  return entry == nullptr ? nullptr : entry->settings;
}

bool DeadLettersHere::takes(std::uint32_t name_space, std::string_view topic, std::string_view subscription) {
  const auto settings = settings_of(name_space, topic, subscription);
  return settings != nullptr && settings->dead_letters.has_value();
}

void DeadLettersHere::bury(const DeadLetter& letter, std::function<void(bool kept)> done) {
  const auto settings = settings_of(letter.name_space, letter.topic, letter.subscription);
  if (settings == nullptr || !settings->dead_letters) return done(false);
  const Destination& destination = *settings->dead_letters;
  if (destination.kind != Destination::Kind::topic) return to_file(letter, destination, std::move(done));
  to_topic(letter, destination.topic,
           [this, topic = std::string(letter.topic), subscription = std::string(letter.subscription),
            done = std::move(done)](const char* wrong) {
             if (wrong != nullptr) warn(topic, subscription, wrong);
             done(wrong == nullptr);
           });
}

void DeadLettersHere::to_topic(const DeadLetter& letter, const std::string& name, Done done) {
  const Directory& directory = here_.directory();
  const auto to = directory.find(letter.name_space, name);
  if (to == nullptr) return done("the topic they go to does not exist");
  if (directory.letters_lead(letter.name_space, name, letter.topic))
    return done("they would come back to the topic they are of");
  auto event = letter_event(letter);
  if (!event) return done("the event cannot be read");
  const std::uint32_t back = here_.shard().index();
  const std::uint32_t home = to->home->shard.load(std::memory_order_relaxed);
  // Not within this call, wherever it lives: topics and subscriptions may come and go there, this one too.
  here_.shard().host().post(home, [&plugin = here_.plugin(), home, name_space = letter.name_space, name,
                                   event = std::move(*event), back, done = std::move(done)] {
    TopicsHere* const there = plugin.on_shard(home);
    if (there == nullptr) return;
    // It outlives `there` only as what is thrown away.
    const auto answer = [there, back, done](const char* wrong) {
      on_shard_of(*there, back, [done, wrong](TopicsHere&) { done(wrong); });
    };
    if (const char* const wrong = keep_letter(*there, name_space, name, event, answer)) answer(wrong);
  });
}

void DeadLettersHere::to_file(const DeadLetter& letter, const Destination& destination,
                              std::function<void(bool kept)> done) {
  LetterFiles* const files = here_.plugin().letter_files(destination.kind);
  const trellis::Shard& shard = here_.shard();
  const std::string folder = letter_folder(shard.host().name_space(letter.name_space).name, letter.topic,
                                           letter.subscription, destination.prefix());
  if (files != nullptr && files->bury(folder, {letter_record(letter), shard.wall().count(), shard.index(), done}))
    return;
  warn(std::string(letter.topic), std::string(letter.subscription),
       "too many wait to be written: see dead_letters of service-events");
  done(false);
}

void DeadLettersHere::warn(const std::string& topic, const std::string& subscription, const char* wrong) {
  std::uint64_t unsaid = 0;
  const trellis::Shard& shard = here_.shard();
  if (!warnings_.now(shard.now().count(), unsaid)) return;
  shard.host().log(trellis::Level::warn, "dead letters cannot be kept, and are tried again",
                   {{"topic", topic}, {"subscription", subscription}, {"why", wrong}, {"others_not_logged", unsaid}});
}

}  // namespace events_service
