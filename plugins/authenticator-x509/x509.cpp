// Life cycle of the plugin, and what follows from changes of resources and files.
#include "x509.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "access/types.hpp"

namespace x509 {
namespace {

constexpr std::string_view kOutcomeLabels[] = {
    "outcome=\"allowed\"",  "outcome=\"no_certificate\"", "outcome=\"no_name\"",   "outcome=\"unknown_client\"",
    "outcome=\"disabled\"", "outcome=\"mismatch\"",       "outcome=\"untrusted\"", "outcome=\"expired\"",
    "outcome=\"revoked\"",  "outcome=\"unreadable\""};

std::shared_ptr<const std::vector<Field>> sources_in(const trellis::Config& authentication) {
  auto sources = std::make_shared<std::vector<Field>>();
  for (const std::string& word : authentication.texts("alternativeAuthenticationNameSources")) {
    if (const auto source = source_of(word)) sources->push_back(*source);
  }
  return sources;
}

std::int64_t unix_ms_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

common::Succession<X509Authenticator>& instances() { return common::Succession<X509Authenticator>::of_all(); }

}  // namespace

X509Authenticator::ShardState::ShardState(X509Authenticator& plugin, const trellis::Shard& shard) {
  if (shard.index() == 0) plugin.take_over();
}

X509Authenticator::X509Authenticator()
    : sources_([](std::string_view, const trellis::Config& authentication) { return sources_in(authentication); }) {}

trellis::Schema X509Authenticator::schema() {
  return trellis::Schema{}
      .choice("profile", {"default", "event-grid"},
              {.help = "Where ca_certificates comes from if it is not set.", .fallback = "default"})
      .integer("ca_certificates", {.help = "Most CA certificates in a namespace. Default any number; event-grid: 10.",
                                   .minimum = 1,
                                   .maximum = 1'000'000})
      .texts(
          "revocation_lists",
          {.help = "Files of revocation lists (CRL): any number of lists in PEM, or one in DER. An authority of which "
                   "there is a list has to have one that is up to date; those without any are not asked about.",
           .maximum_items = 64,
           .unique = true,
           .fallback = "[]"})
      .duration(
          "watch_interval",
          {.help = "How often to look whether a file of lists changed. A changed one is read again, and connected "
                   "clients it revokes are cut off; one with mistakes is reported, and what it said before stays "
                   "in force. 0s: never.",
           .fallback = "2s",
           .minimum = "0s",
           .maximum = "1h"})
      .integer("remembered_clients",
               {.help = "Most certificates remembered as verified, so that clients that come back "
                        "cost no signatures. 0: none.",
                .fallback = 10'000,
                .minimum = 0,
                .maximum = 1'000'000})
      .duration("remembered_for",
                {.help = "How long a certificate is remembered after it was verified. Changes of authorities and "
                         "revocation lists count at once all the same.",
                 .fallback = "1h",
                 .minimum = "0s",
                 .maximum = "1d"})
      .example("{}")
      .example(R"({"revocation_lists": ["/etc/trellis/factory.crl"], "watch_interval": "10s"})");
}

trellis::Result<void> X509Authenticator::configure(const trellis::Config& config) {
  list_paths_ = config.texts("revocation_lists");
  watch_interval_ = config.milliseconds("watch_interval");
  cache_ = std::make_unique<VerifiedCache>(static_cast<std::size_t>(config.integer("remembered_clients")),
                                           config.milliseconds("remembered_for"));
  const std::int64_t most = config.integer("ca_certificates", config.text("profile") == "event-grid" ? 10 : 0);
  for (const auto& rules :
       {rights::clients(), rights::ca_certificates(static_cast<std::uint32_t>(most)), rights::namespaces()}) {
    if (auto declared = declare_resources(*this, rules); !declared) return declared;
  }
  return trellis::ok();
}

trellis::Result<void> X509Authenticator::start() {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    checks_[i] = host().counter("trellis_x509_checks_total", "Clients judged by their certificate, by outcome.",
                                kOutcomeLabels[i]);
  }
  constexpr std::string_view kVerified = "trellis_x509_verified_total";
  constexpr std::string_view kVerifiedHelp = "Certificates of authorities judged, by where the judgement came from.";
  from_cache_ = host().counter(kVerified, kVerifiedHelp, "from=\"cache\"");
  from_signatures_ = host().counter(kVerified, kVerifiedHelp, "from=\"signatures\"");
  admitted_ = Admitted::shared();
  files_ = std::make_unique<RevocationFiles>(list_paths_);
  if (auto loaded = files_->load(); !loaded) return loaded;
  trusts_.set(files_->lists());
  for (std::uint32_t i = 0; i < host().namespace_count(); ++i) load_authorities(host().name_space(i).name);
  sources_.load(host());
  place_ = instances().join(*this);
  if (watch_interval_.count() > 0) {
    files_->watch(watch_interval_, [this](const auto& path, const auto& error) { lists_read(path, error); });
  }
  return trellis::ok();
}

void X509Authenticator::drain(std::chrono::milliseconds) {
  // Files that only this one looks at say nothing any more about whom another one of the same name lets in.
  files_->stop();
  instances().leave(*this);
  drained_ = true;
  retire();
}

void X509Authenticator::stop() {
  instances().leave(*this);
  if (files_ != nullptr) files_->stop();
}

trellis::Result<void> X509Authenticator::check_resource(const trellis::ResourceChange& change) {
  if (auto checked = rights::check(change); !checked) return checked;
  if (!change.after || change.after->type() != "caCertificates") return trellis::ok();
  const auto read = read_authority(change.after->properties().text("encodedCertificate"));
  return read ? trellis::ok() : trellis::fail("/encodedCertificate: it " + read.error().text);
}

void X509Authenticator::resources_changed(const std::vector<trellis::ResourceChange>& changes) {
  clients_changed(changes);
  sources_.update(changes);
  std::set<std::string, std::less<>> name_spaces;
  for (const trellis::ResourceChange& change : changes) {
    if (change.either().type() == "caCertificates") name_spaces.emplace(change.either().name_space());
  }
  for (const std::string& name : name_spaces) {
    load_authorities(name);
    look_after(name, "certificate authorities changed");
  }
}

void X509Authenticator::clients_changed(const std::vector<trellis::ResourceChange>& changes) {
  for (const rights::ChangedClients& changed : rights::changed_clients(changes)) {
    for (const std::string& name : changed.names) admitted_->forget(changed.name_space, name);
    cut_off(changed.name_space, changed.names);
  }
}

void X509Authenticator::load_authorities(std::string_view name_space) {
  std::vector<Authority> all;
  const std::int64_t now = unix_ms_now();
  trellis::for_each_resource(host(), name_space, "caCertificates", [&](const trellis::Resource& resource) {
    auto read = read_authority(resource.properties().text("encodedCertificate"));
    if (!read) return;  // check_resource() has seen to it
    const Mark mark = mark_of(read->get());
    const auto facts = facts_of(read->get());
    if (facts && facts->good_until_ms <= now) {
      host().log(trellis::Level::warn, "a certificate authority is expired: nobody is let in by it",
                 {{"namespace", name_space}, {"caCertificate", resource.name()}});
    }
    all.push_back({std::string(resource.name()), std::move(read).value(), mark});
  });
  trusts_.set(name_space, std::make_shared<const Authorities>(std::move(all)));
}

void X509Authenticator::lists_read(const std::string& path, const std::string& error) {
  if (!error.empty()) {
    return host().log(trellis::Level::error, "a file of revocation lists cannot be used, what it said before stays",
                      {{"file", path}, {"error", error}});
  }
  host().log(trellis::Level::info, "revocation lists were read again", {{"file", path}});
  for (const std::string& name : trusts_.set(files_->lists())) {
    look_after(name, "revocation lists changed");
  }
}

void X509Authenticator::look_after(std::string_view name_space, std::string_view why) const {
  cut_off(name_space, admitted_->without(place_, name_space, *trusts_.of(name_space)), why);
}

void X509Authenticator::take_over() const {
  for (std::uint32_t i = 0; i < host().namespace_count(); ++i) {
    const std::string_view name = host().name_space(i).name;
    cut_off(name, admitted_->all_without(name, *trusts_.of(name)), "the configuration changed");
  }
}

// Those that replace this one may have looked before somebody was let in here.
void X509Authenticator::retire() const {
  admitted_->hand_over(place_);
  instances().any_after(place_, [](const X509Authenticator& one) {
    for (std::uint32_t i = 0; i < one.host().namespace_count(); ++i) {
      one.look_after(one.host().name_space(i).name, "the configuration changed");
    }
    return false;
  });
}

void X509Authenticator::cut_off(std::string_view name_space, const Admitted::Lost& lost, std::string_view why) const {
  if (lost.names.empty()) return;
  if (lost.news > 0) {
    host().log(trellis::Level::info, "clients lost what they were let in by and are cut off",
               {{"namespace", name_space}, {"clients", lost.news}, {"why", why}});
  }
  cut_off(name_space, lost.names);
}

void X509Authenticator::cut_off(std::string_view name_space, const std::vector<std::string>& names) const {
  const std::vector<std::string_view> views(names.begin(), names.end());
  revoke(name_space, views);
}

}  // namespace x509
