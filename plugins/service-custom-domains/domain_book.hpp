/// What is known about every domain, and when it is to be looked at again. Knows neither DNS nor clocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <trellis/domain.hpp>
#include <vector>

namespace custom_domains {

using std::chrono::milliseconds;

struct Intervals {
  milliseconds check{30'000};             ///< of a domain that waits for its proof
  milliseconds longest_check{300'000};    ///< to which that grows
  milliseconds revalidation{86'400'000};  ///< of one that is approved
};

enum class Validation { pending, approved, error };

/// As the field validationState says it.
std::string_view to_text(Validation validation) noexcept;

struct Entry {
  std::string name;
  std::string name_space;
  std::string record_value;
  Validation validation = Validation::pending;
  bool needs_proof = true;
  bool asked = false;        // a look-up is under way
  bool mismatched = false;   // the last answer had records, and none was the expected one
  std::uint32_t misses = 0;  // in a row, of an approved one
  milliseconds delay{0};     // before the next check of one that is not
  milliseconds due{0};
};

/// What an answer changed.
enum class Change {
  none,
  approved,
  missed,      ///< approved, but its record is not there; it stays so for now
  withdrawn,   ///< and was not there too often
  mismatch,    ///< not approved: from now on there are records, and none is the expected one
  unreachable  ///< the name servers do not answer, which they did before
};

/// Belongs to one thread at a time.
class DomainBook {
 public:
  /// How often in a row an approved domain's record must be found missing before the approval is withdrawn.
  static constexpr std::uint32_t kMisses = 3;

  DomainBook(std::string secret, Intervals intervals) : secret_(std::move(secret)), intervals_(intervals) {}

  /// Takes what the configuration has now. Answers the names of those that are new and wait for their proof.
  std::vector<std::string> sync(const std::vector<trellis::Domain>& configured, milliseconds now);
  /// At most that many that are to be looked up now; each counts as asked until answered().
  std::vector<std::string> take_due(milliseconds now, std::size_t most);
  /// What the name servers say of a domain's record name.
  Change answered(std::string_view name, trellis::Status status, const std::vector<std::string_view>& texts,
                  milliseconds now);
  /// Somebody wants it checked at once. False where nothing is to be checked.
  bool ask_now(std::string_view name, milliseconds now);
  /// When the next one is due, at latest then.
  milliseconds next_due(milliseconds latest) const;

  const Entry* find(std::string_view name) const;
  const std::map<std::string, Entry, std::less<>>& entries() const noexcept { return entries_; }
  std::size_t count(Validation validation) const;

 private:
  Entry made(const trellis::Domain& domain, milliseconds now) const;
  Change proved(Entry& entry, milliseconds now) const;
  Change not_proved(Entry& entry, bool has_records, milliseconds now) const;
  Change unreachable(Entry& entry, milliseconds now) const;
  void wait_longer(Entry& entry, milliseconds now) const;

  const std::string secret_;
  const Intervals intervals_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace custom_domains
