#include "signatures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <trellis/schema/pointer.hpp>

namespace trellis::configuration {
namespace {

std::optional<signing::PublicKey> read_key(const std::filesystem::path& file, std::string& error) {
  std::ifstream in(file);
  if (!in) {
    error = fmt::format("the key \"{}\" cannot be read", file.string());
    return std::nullopt;
  }
  auto key = signing::PublicKey::parse(std::string(std::istreambuf_iterator<char>(in), {}), error);
  if (!key) error = fmt::format("\"{}\": {}", file.string(), error);
  return key;
}

}  // namespace

std::optional<loading::Trust> trust_of(const SignatureSettings& settings, const schema::Document& document,
                                       schema::Diagnostics& diagnostics) {
  loading::Trust trust = loading::compiled_trust();
  const auto policy = loading::signature_policy(settings.policy);
  if (policy) trust.policy = std::max(trust.policy, *policy);
  bool all_read = policy.has_value();
  for (std::size_t i = 0; i < settings.keys.size(); ++i) {
    std::string error;
    if (auto key = read_key(settings.keys[i], error)) {
      trust.keys.push_back(*key);
    } else {
      document.report(diagnostics, schema::pointer_to("/plugin_signatures/keys", i), error);
      all_read = false;
    }
  }
  for (const std::string& text : settings.revoked) {
    if (const auto id = signing::key_id(text)) trust.revoked.push_back(*id);
  }
  return all_read ? std::optional(std::move(trust)) : std::nullopt;
}

}  // namespace trellis::configuration
