#include <fmt/format.h>

#include <algorithm>
#include <trellis/signing/signature.hpp>

#include "encoding.hpp"

namespace trellis::signing {
namespace {

constexpr std::string_view kComment = "trusted comment: ";
constexpr std::size_t kSignatureBytes = 2 + 8 + 64;
constexpr std::size_t kMostContent = 512u << 20;  // of a file that was signed without a digest, which has to be held

// What the second signature is of: it binds the comment to the first.
std::vector<std::uint8_t> bound(const std::array<std::uint8_t, 64>& signature, std::string_view comment) {
  std::vector<std::uint8_t> bytes(signature.begin(), signature.end());
  const auto text = bytes_of(comment);
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

}  // namespace

std::optional<Signature> Signature::parse(std::string_view text, std::string& error) {
  const auto lines = lines_of(text);
  const bool shaped = lines.size() == 4 && lines[2].starts_with(kComment);
  const auto first = shaped ? from_base64(lines[1], kSignatureBytes) : std::nullopt;
  const auto second = shaped ? from_base64(lines[3], 64) : std::nullopt;
  if (!first || !second || (*first)[0] != 'E' || ((*first)[1] != 'D' && (*first)[1] != 'd')) {
    error = "this is no signature of minisign";
    return std::nullopt;
  }
  Signature made;
  made.prehashed = (*first)[1] == 'D';
  std::copy_n(first->begin() + 2, made.id.size(), made.id.begin());
  std::copy_n(first->begin() + 10, made.of_content.size(), made.of_content.begin());
  made.comment = lines[2].substr(kComment.size());
  std::copy_n(second->begin(), made.of_comment.size(), made.of_comment.begin());
  return made;
}

Signature Signature::make(const SecretKey& key, const Digest& digest, std::string comment) {
  Signature made;
  made.id = key.public_key().id;
  made.of_content = key.sign(digest);
  made.comment = std::move(comment);
  made.of_comment = key.sign(bound(made.of_content, made.comment));
  return made;
}

std::string Signature::file_text() const {
  std::vector<std::uint8_t> bytes = {'E', static_cast<std::uint8_t>(prehashed ? 'D' : 'd')};
  bytes.insert(bytes.end(), id.begin(), id.end());
  bytes.insert(bytes.end(), of_content.begin(), of_content.end());
  return fmt::format("untrusted comment: signature by key {}\n{}\n{}{}\n{}\n", to_text(id), to_base64(bytes), kComment,
                     comment, to_base64(of_comment));
}

bool Signature::holds(const PublicKey& key, int descriptor, const std::optional<Digest>& digest,
                      std::string& error) const {
  if (!key.verifies(bound(of_content, comment), of_comment)) return false;
  if (prehashed) {
    const auto known = digest ? digest : digest_of(descriptor, error);
    return known && key.verifies(*known, of_content);
  }
  const auto content = content_of(descriptor, kMostContent, error);
  return content && key.verifies(bytes_of(*content), of_content);
}

}  // namespace trellis::signing
