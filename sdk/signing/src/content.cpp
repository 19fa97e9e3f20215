#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <trellis/signing/content.hpp>
#include <vector>

namespace trellis::signing {
namespace {

bool same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

bool read_all(int descriptor, const std::function<bool(std::string_view)>& take, std::string& error) {
  error.clear();
  struct stat before {};
  struct stat after {};
  std::vector<char> block(256 * 1024);
  off_t at = 0;
  bool readable = fstat(descriptor, &before) == 0;
  while (readable) {
    const ssize_t got = pread(descriptor, block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) break;
    readable = got > 0 && take({block.data(), static_cast<std::size_t>(got)});
    at += got;
  }
  if (!readable || fstat(descriptor, &after) != 0) {
    error = fmt::format("it cannot be read: {}", std::strerror(errno));
    return false;
  }
  if (!same(before, after)) error = "it was written to while it was read";
  return error.empty();
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) return false;
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(put, 0)));
  }
  return true;
}

int memory_file(const std::string& name) {
  constexpr unsigned kNoProgram = 8;  // MFD_NOEXEC_SEAL, which hardened systems demand and old ones do not know
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int made = memfd_create(name.c_str(), kFlags | kNoProgram);
  return made >= 0 || errno != EINVAL ? made : memfd_create(name.c_str(), kFlags);
}

}  // namespace

std::optional<Digest> digest_of(int descriptor, std::string& error) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (hash == nullptr || EVP_DigestInit_ex(hash.get(), EVP_blake2b512(), nullptr) != 1) {
    error = "OpenSSL has no BLAKE2b-512";
    return std::nullopt;
  }
  const auto take = [&](std::string_view bytes) {
    return EVP_DigestUpdate(hash.get(), bytes.data(), bytes.size()) == 1;
  };
  Digest digest{};
  unsigned size = 0;
  if (!read_all(descriptor, take, error)) return std::nullopt;
  if (EVP_DigestFinal_ex(hash.get(), digest.data(), &size) != 1 || size != digest.size()) {
    error = "OpenSSL made no digest of it";
    return std::nullopt;
  }
  return digest;
}

std::optional<std::string> content_of(int descriptor, std::size_t most, std::string& error) {
  std::string content;
  const auto take = [&](std::string_view bytes) {
    content += bytes;
    errno = EFBIG;
    return content.size() <= most;
  };
  if (!read_all(descriptor, take, error)) return std::nullopt;
  return content;
}

int sealed_copy(int descriptor, const std::string& name, std::string& error) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  error.clear();
  const int made = memory_file(name.substr(0, 200));
  const auto take = [&](std::string_view bytes) { return write_all(made, bytes); };
  if (made >= 0 && read_all(descriptor, take, error) && fcntl(made, F_ADD_SEALS, kSeals) == 0) return made;
  if (error.empty()) error = fmt::format("it cannot be copied: {}", std::strerror(errno));
  if (made >= 0) ::close(made);
  return -1;
}

}  // namespace trellis::signing
