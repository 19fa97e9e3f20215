#include "common/cloud_event/filter_set.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "common/cloud_event/fold.hpp"

namespace cloud_event {

/// Chooses for each filter the condition to find it by.
class FilterSet::Builder {
 public:
  explicit Builder(FilterSet& set) : set_(set) {}

  void count(const Member& member);
  void place(Index index);
  void finish();

 private:
  static bool indexable(const Check& check);
  std::size_t others(const Member& member, const Check& check);
  static std::string name(std::uint32_t slot, char kind, std::string_view value) {
    return std::to_string(slot) + kind + std::string(value);
  }
  template <class Each>
  static void names(const Member& member, const Check& check, const Each& each);
  Table& table(std::uint32_t slot);
  static void append(std::vector<Index>& list, Index index) {
    if (list.empty() || list.back() != index) list.push_back(index);
  }

  FilterSet& set_;
  std::unordered_map<std::string, std::size_t> uses_;  // of each value of each key
};

// Whether it passes only where a value equals or begins with one of its own.
bool FilterSet::Builder::indexable(const Check& check) {
  if (check.op == Operator::string_in || check.op == Operator::number_in) return true;
  return check.op == Operator::string_begins_with &&
         std::ranges::none_of(check.texts, [](const std::string& text) { return text.empty(); });
}

template <class Each>
void FilterSet::Builder::names(const Member& member, const Check& check, const Each& each) {
  const std::uint32_t slot = member.slots[check.slot];
  const char kind = check.op == Operator::string_begins_with ? 'b' : 'e';
  for (const std::string& text : check.texts) each(name(slot, kind, folded(text)));
  for (const Number& number : check.numbers) each(name(slot, 'n', std::to_string(number.hash())));
}

void FilterSet::Builder::count(const Member& member) {
  for (const Check& check : member.filter->checks()) {
    if (indexable(check)) names(member, check, [&](const std::string& name) { ++uses_[name]; });
  }
}

std::size_t FilterSet::Builder::others(const Member& member, const Check& check) {
  std::size_t sum = 0;
  names(member, check, [&](const std::string& name) { sum += uses_[name]; });
  return sum;
}

FilterSet::Table& FilterSet::Builder::table(std::uint32_t slot) {
  for (Table& known : set_.tables_) {
    if (known.slot == slot) return known;
  }
  set_.tables_.emplace_back().slot = slot;
  return set_.tables_.back();
}

void FilterSet::Builder::place(Index index) {
  const Member& member = set_.members_[index];
  const Check* best = nullptr;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (const Check& check : member.filter->checks()) {
    const std::size_t found = indexable(check) ? others(member, check) : fewest;
    if (found >= fewest) continue;
    fewest = found;
    best = &check;
  }
  if (best == nullptr) return set_.always_.push_back(index);
  Table& into = table(member.slots[best->slot]);
  auto& texts = best->op == Operator::string_begins_with ? into.begin : into.equal;
  for (const std::string& text : best->texts) append(texts[folded(text)], index);
  for (const Number& number : best->numbers) append(into.numbers[number], index);
}

void FilterSet::Builder::finish() {
  for (Table& table : set_.tables_) {
    for (const auto& [text, indices] : table.begin) table.lengths.push_back(text.size());
    std::ranges::sort(table.lengths);
    table.lengths.erase(std::unique(table.lengths.begin(), table.lengths.end()), table.lengths.end());
  }
}

FilterSet::FilterSet(Members members) {
  members_.reserve(members.size());
  for (auto& entry : members) {
    Member& member = members_.emplace_back();
    member.id = entry.first;
    member.filter = std::move(entry.second);
    for (const Filter::Asked& asked : member.filter->asked()) {
      member.slots.push_back(keys_.add(asked.path, asked.wants | Keys::kSmall));
    }
    event_bytes_ = std::max(event_bytes_, member.filter->event_bytes());
  }
  Builder builder(*this);
  for (const Member& member : members_) builder.count(member);
  for (Index index = 0; index < members_.size(); ++index) builder.place(index);
  builder.finish();
}

/// One event's way through the tables.
class FilterSet::Search {
 public:
  Search(const FilterSet& set, const Event& event, const Reading& reading, std::vector<Id>& ids)
      : set_(set), bytes_(event.bytes().size()), reading_(reading), ids_(ids), judged_(judged_by_this_thread()) {
    judged_.assign((set.members_.size() + 63) / 64, 0);
  }

  void all() {
    for (const Index index : set_.always_) judge(index);
    for (const Table& table : set_.tables_) {
      const Value& value = reading_[table.slot];
      if (value.type != Value::Type::list) {
        look_up(table, value);
        continue;
      }
      for (const Value& element : reading_.elements(value)) look_up(table, element);
    }
  }

 private:
  static std::vector<std::uint64_t>& judged_by_this_thread() {
    thread_local std::vector<std::uint64_t> judged;
    return judged;
  }

  void look_up(const Table& table, const Value& value) {
    if (value.type == Value::Type::number && !table.numbers.empty()) judge(table.numbers, value.number);
    if (value.type == Value::Type::text || value.text.data() != nullptr) look_up_text(table, value.small);
  }

  void look_up_text(const Table& table, std::string_view text) {
    if (!table.equal.empty()) judge(table.equal, text);
    for (const std::size_t length : table.lengths) {
      if (length > text.size()) break;
      judge(table.begin, text.substr(0, length));
    }
  }

  template <class Map, class Key>
  void judge(const Map& map, const Key& key) {
    const auto found = map.find(key);
    if (found == map.end()) return;
    for (const Index index : found->second) judge(index);
  }

  // Once each: several elements of an array, or several beginnings of a text, may lead to the same filter.
  void judge(Index index) {
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((judged_[index / 64] & bit) != 0) return;
    judged_[index / 64] |= bit;
    const Member& member = set_.members_[index];
    const bool read = member.filter->passes_all() || bytes_ <= member.filter->event_bytes();
    if (read && member.filter->passes(reading_, member.slots)) ids_.push_back(member.id);
  }

  const FilterSet& set_;
  const std::size_t bytes_;
  const Reading& reading_;
  std::vector<Id>& ids_;
  std::vector<std::uint64_t>& judged_;
};

void FilterSet::find(const Event& event, std::vector<Id>& ids) const {
  const Reading* const reading = read(event, keys_, event_bytes_);
  if (reading != nullptr && !reading->broken_data()) return Search(*this, event, *reading, ids).all();
  // Too long for all of them, or broken where some of them look: those that look elsewhere may still pass.
  for (const Member& member : members_) {
    if (member.filter->passes(event)) ids.push_back(member.id);
  }
}

}  // namespace cloud_event
