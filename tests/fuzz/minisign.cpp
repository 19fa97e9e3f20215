// Files of keys and signatures: what is read is written the same again.
#include <string>
#include <string_view>
#include <trellis/signing/signature.hpp>

#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;
using trellis::signing::PublicKey;
using trellis::signing::SecretKey;
using trellis::signing::Signature;

template <typename T>
void read_and_write(std::string_view text) {
  std::string error;
  const auto read = T::parse(text, error);
  require(read.has_value() == error.empty(), "a refusal says why");
  if (!read) return;
  const auto again = T::parse(read->file_text(), error);
  require(again && again->file_text() == read->file_text(), "it reads as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_and_write<Signature>(text);
  read_and_write<PublicKey>(text);
  read_and_write<SecretKey>(text);
  return 0;
}
