// malloc() and its like, counted on the way to the C library's own.
#include "heap.hpp"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <trellis/testing/plugin_work.hpp>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define TRELLIS_COUNTS_HEAP 1
#endif

namespace trellis::check::heap {
namespace {

std::atomic<std::int64_t> bytes{0};
thread_local std::uint64_t hot = 0;

}  // namespace

std::int64_t live() noexcept { return bytes.load(std::memory_order_relaxed); }
std::uint64_t hot_allocations() noexcept { return hot; }

#ifdef TRELLIS_COUNTS_HEAP

bool counted() noexcept { return true; }

namespace {

void* taken(void* block) noexcept {
  bytes.fetch_add(static_cast<std::int64_t>(::malloc_usable_size(block)), std::memory_order_relaxed);
  if (testing::in_hot_plugin_call()) ++hot;
  return block;
}

void given(void* block) noexcept {
  bytes.fetch_sub(static_cast<std::int64_t>(::malloc_usable_size(block)), std::memory_order_relaxed);
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp): the C library's names
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

#define TRELLIS_SEEN __attribute__((visibility("default")))

TRELLIS_SEEN void* malloc(std::size_t size) { return taken(__libc_malloc(size)); }
TRELLIS_SEEN void* calloc(std::size_t count, std::size_t size) { return taken(__libc_calloc(count, size)); }
TRELLIS_SEEN void* realloc(void* block, std::size_t size) {
  given(block);
  return taken(__libc_realloc(block, size));
}
TRELLIS_SEEN void* memalign(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
TRELLIS_SEEN void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return taken(__libc_memalign(alignment, size));
}
TRELLIS_SEEN int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = taken(__libc_memalign(alignment, size));
  return *block == nullptr ? ENOMEM : 0;
}
TRELLIS_SEEN void free(void* block) {
  given(block);
  __libc_free(block);
}
}
// NOLINTEND(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp)

#else

bool counted() noexcept { return false; }

#endif

}  // namespace trellis::check::heap
