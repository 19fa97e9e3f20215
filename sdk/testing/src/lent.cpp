// One region of the process is reserved once, and its pages are opened for a call and closed after it. They are used
// again only when the whole region was, so that an old address stays out of reach for long.
#include "lent.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <trellis/testing/plugin_work.hpp>

namespace trellis::testing {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPageCount = std::size_t{1} << 18U;

std::mutex region_mutex;
std::atomic<char*> region{nullptr};
std::size_t next_page = 0;
const char* calls[kPageCount];  // whom a page was lent for last

char* map(void* at, std::size_t size, int protection) {
  const int fixed = at == nullptr ? 0 : MAP_FIXED;
  void* mapped = ::mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(mapped);
}

// The page behind them stays closed: whoever reads on is stopped, too.
std::size_t take_pages(std::size_t count, const char* call) {
  const std::lock_guard lock(region_mutex);
  if (region == nullptr) region = map(nullptr, kPageCount * kPage, PROT_NONE);
  if (count + 1 > kPageCount) throw std::bad_alloc();
  if (next_page + count + 1 > kPageCount) next_page = 0;
  const std::size_t first = next_page;
  next_page += count + 1;
  for (std::size_t i = first; i < first + count + 1; ++i) calls[i] = call;
  map(region + first * kPage, count * kPage, PROT_READ | PROT_WRITE);
  return first;
}

}  // namespace

Lent::~Lent() {
  // Mapped anew and not only protected: the memory goes back, and neighbours become one mapping again.
  for (const Pages& pages : pages_) map(region + pages.first * kPage, pages.count * kPage, PROT_NONE);
}

void* Lent::bytes(const void* from, std::size_t size) {
  if (size == 0) return nullptr;
  char* copy = nullptr;
  if (guarded_) {
    const std::size_t count = (size + kPage - 1) / kPage;
    pages_.push_back({take_pages(count, call_), count});
    copy = region + (pages_.back().first + count) * kPage - size;
  } else {
    blocks_.push_back(std::make_unique<char[]>(size));
    copy = blocks_.back().get();
  }
  std::memcpy(copy, from, size);
  return copy;
}

trellis_pair* Lent::pairs(const TextPairs& from) {
  std::vector<trellis_pair> views;
  for (const auto& [name, value] : from) views.push_back({text(name), text(value)});
  return items(views);
}

const char* lent_for(const void* address) noexcept {
  const char* const begin = region;
  if (begin == nullptr || address < begin || address >= begin + kPageCount * kPage) return nullptr;
  return calls[static_cast<std::size_t>(static_cast<const char*>(address) - begin) / kPage];
}

}  // namespace trellis::testing
