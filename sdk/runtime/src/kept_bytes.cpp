#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <trellis/runtime/kept_bytes.hpp>

namespace trellis::runtime {
namespace {

// Each thread counts what it keeps and frees in a cell of its own; a cell may be negative, the sum is the truth.
struct alignas(64) Cell {
  std::atomic<std::int64_t> bytes{0};
};
constexpr std::size_t kCells = 128;
std::array<Cell, kCells> cells;
std::atomic<std::size_t> next_cell{0};

Cell& own_cell() noexcept {
  // The last cell is shared by all threads beyond the first 127, hence the atomic addition in count_kept_bytes().
  thread_local Cell& cell = cells[std::min(next_cell.fetch_add(1, std::memory_order_relaxed), kCells - 1)];
  return cell;
}

}  // namespace

void count_kept_bytes(std::int64_t bytes) noexcept {
  Cell& cell = own_cell();
  if (&cell == &cells[kCells - 1]) {
    cell.bytes.fetch_add(bytes, std::memory_order_relaxed);
  } else {
    cell.bytes.store(cell.bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }
}

std::int64_t kept_bytes() noexcept {
  std::int64_t bytes = 0;
  for (const Cell& cell : cells) bytes += cell.bytes.load(std::memory_order_relaxed);
  return bytes;
}

bool kept_much_more() noexcept {
  constexpr std::int64_t kMuch = 1024 * 1024;
  thread_local std::int64_t looked_at = 0;
  const std::int64_t bytes = own_cell().bytes.load(std::memory_order_relaxed);
  const bool more = bytes - looked_at >= kMuch;
  if (more || bytes < looked_at) looked_at = bytes;
  return more;
}

}  // namespace trellis::runtime
