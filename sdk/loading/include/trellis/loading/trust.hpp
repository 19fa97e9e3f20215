// Whose plugin files may be loaded: judged by the signature beside the file, before the file is opened as a library,
// because opening one runs its code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <trellis/signing/signature.hpp>
#include <vector>

namespace trellis::loading {

/// What is done about a file that has no valid signature. Later ones are stricter.
enum class SignaturePolicy : std::uint8_t { off, warn, require };
std::optional<SignaturePolicy> signature_policy(std::string_view name);

enum class SignatureState : std::uint8_t {
  valid = 1,
  unsigned_file,
  modified,     // it, or the signature, is not what was signed
  unknown_key,  // signed by a key that is not trusted
  revoked,      // signed by a key that was taken back
  built_in,     // a part of the program, which has no file of its own
};
/// "valid", "unsigned", "modified", "unknown key", "revoked", "built in".
std::string_view name_of(SignatureState state);

struct Judgement {
  SignatureState state = SignatureState::unsigned_file;
  std::string key;                        // id of the one that signed; empty where nothing says so
  std::string comment;                    // what the signer said; of a valid signature only
  std::string why;                        // a clause, where it is not valid: "it was changed since …"
  std::optional<signing::Digest> digest;  // of what was judged
};

/// [control]
struct Trust {
  SignaturePolicy policy = SignaturePolicy::off;
  std::vector<signing::PublicKey> keys;
  std::vector<signing::KeyId> revoked;

  /// file: its name; the content is that behind the descriptor.
  Judgement judge(int descriptor, const std::filesystem::path& file) const;
  /// The same of a file that is not to be loaded.
  Judgement judge(const std::filesystem::path& file) const;
};

/// What the program was built with: holds where no configuration is read.
const Trust& compiled_trust();

/// The signature's file beside a file.
std::filesystem::path signature_file(const std::filesystem::path& file);

}  // namespace trellis::loading
