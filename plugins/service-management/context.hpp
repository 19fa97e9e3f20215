/// What all requests of one instance share.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/service.hpp>
#include <vector>

#include "change_ring.hpp"
#include "common/consent/provisioning_states.hpp"
#include "problem.hpp"
#include "token_shares.hpp"
#include "tokens.hpp"

namespace management {

struct Limits {
  std::size_t body_bytes = 4U << 20U;
  std::size_t batch_operations = 1000;
  std::size_t pending_changes = 64;
  std::size_t watches = 256;
};

/// Whoever knows of resources that are not done yet.
class Provisioning {
 public:
  /// [control]
  void look(const trellis::Host& host);
  /// "Succeeded", as a rule. [any] takes a lock
  std::string state_of(std::string_view name_space, std::string_view type, std::string_view name) const;

 private:
  mutable std::mutex mutex_;
  std::optional<trellis::Borrowed<common::ProvisioningStates>> states_;  // guarded by mutex_
};

struct Metrics {
  trellis::Metric done, refused, unauthorized;  // requests
  trellis::Metric created, changed, removed;    // resources
  trellis::Metric watches;
};

/// Written by configure() and start(), read-only afterwards but for what is atomic or locks itself. [any]
struct Context {
  trellis::Host host;
  Limits limits;
  std::string public_url;
  Tokens tokens;
  std::vector<std::string> namespaces;
  std::unique_ptr<ChangeRing> ring;
  Metrics metrics;
  std::unique_ptr<TokenShares> changes;  // under way, tried out or made
  Provisioning provisioning;
};

/// Who changes something, kept until it is done.
struct Author {
  std::string name;   ///< of the token
  std::size_t token;  ///< which of them
  std::string peer;
};

// One line of the log for each resource that was changed, and for what was not.
void log_change(const Context& context, const Author& author, std::string_view name_space, std::string_view what,
                std::string_view outcome);
void log_refusal(const Context& context, const Author& author, std::string_view name_space, std::string_view what,
                 const Problem& problem);

/// How one of the changed resources is called and counted: "created", "changed", "unchanged", "removed".
std::string_view outcome_of(const trellis_resource_result& result) noexcept;
void count(const Context& context, std::string_view outcome);

// Answers: never cached, and counted.
void send_json(const Context& context, trellis::Reply& reply, std::uint32_t status, std::string_view body,
               std::string_view tag = {});
void send_problem(const Context& context, trellis::Reply& reply, const Problem& problem);
void send_problem(const Context& context, trellis::Reply& reply, const Problem& problem, trellis::Pair further);

}  // namespace management
