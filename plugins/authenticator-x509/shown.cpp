#include "shown.hpp"

#include <memory>
#include <utility>

namespace x509 {

const Known* Shown::known() {
  if (!fingerprint_) {
    fingerprint_ = fingerprint_of(chain_);
    known_ = cache_.find(*fingerprint_, now_);
  }
  return known_.get();
}

trellis::Result<const Facts*> Shown::facts() {
  if (facts_) return &*facts_;
  if (const Known* found = known(); found != nullptr) return &found->facts;
  // Not the whole chain: who cannot be named needs none.
  if (certificates_.empty()) {
    auto certificate = read_certificate(leaf());
    if (!certificate) return trellis::fail("its certificate " + certificate.error().text);
    certificates_.push_back(std::move(certificate).value());
  }
  auto facts = facts_of(certificates_.front().get());
  if (!facts) return facts.error();
  facts_ = std::move(facts).value();
  return &*facts_;
}

const Basis* Shown::basis(std::uint64_t trust, std::int64_t wall_ms) {
  const Known* found = known();
  if (found == nullptr || found->trust != trust) return nullptr;
  const Basis& basis = found->basis;
  const bool holds = basis.good_from_ms <= wall_ms && wall_ms < basis.good_until_ms && wall_ms < basis.lists_due_ms;
  return holds ? &basis : nullptr;
}

trellis::Result<const std::vector<Certificate>*> Shown::certificates() {
  if (auto read = read_chain(chain_, certificates_); !read) return read.error();
  return &certificates_;
}

void Shown::remember(const Basis* basis, std::uint64_t trust) {
  const Known* found = known();
  if (found != nullptr && (basis == nullptr || found->trust == trust)) return;
  const auto facts = this->facts();
  if (!facts) return;
  Known made{**facts, {}, 0};
  if (basis != nullptr) {
    made.basis = *basis;
    made.trust = trust;
  }
  cache_.put(*fingerprint_, std::make_shared<const Known>(std::move(made)), now_);
}

}  // namespace x509
