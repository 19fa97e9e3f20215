// What a start of store-journal reads: changes, an index, a checkpoint, a whole folder. Whatever the bytes are, it is
// refused or a part of it counts; nothing is read behind the end, and no length is believed.
#include "engine/checkpoint.hpp"
#include "engine/recovery.hpp"
#include "engine/tools.hpp"
#include "fake_disk.hpp"
#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;

constexpr std::uint64_t kStore = 7;

void check_changes(std::string_view payload) {
  journal::Ledger ledger;
  journal::Index index(ledger);
  index.apply(payload, {1, 64}, 1);
  std::uint64_t entries = 0;
  for (const auto& [number, queue] : index.queues()) entries += queue.entries.live();
  require(entries == index.entries(), "the entries add up");
  std::uint64_t items = 0;
  for (const auto& [number, segment] : ledger.all()) items += segment.items;
  require(items == entries + index.records().size(), "the segments know what lives in them");
}

void check_index(std::string_view bytes) {
  journal::Ledger ledger;
  journal::Index index(ledger);
  if (!index.decode(bytes)) return;
  journal::Ledger second_ledger;
  journal::Index second(second_ledger);
  require(second.decode(index.encode()), "an index that was read can be written and read again");
  require(second.entries() == index.entries(), "and is the same");
}

/// The bytes are a segment's behind its header; the header and the checkpoint are right, so that they are looked at.
void check_folder(std::string_view bytes) {
  journal::Ledger empty_ledger;
  const journal::Checkpoint start{kStore, 1, {1, 0}, journal::Index(empty_ledger).encode()};
  std::string segment = encode(journal::SegmentHeader{1, 1, 0, 0, 0}, kStore) + std::string(bytes);
  // A chunk whose checksums are right holds the rest, where the bytes ask for it.
  if (bytes.size() > 1 && bytes[0] == '!') {
    journal::ChunkWriter chunk;
    chunk.payload(bytes.substr(1));
    std::string sealed = std::move(chunk).seal();
    journal::encode(journal::ChunkHeader{journal::load<std::uint32_t>(sealed.data() + 8),
                                         journal::load<std::uint32_t>(sealed.data() + 12), 1, 0},
                    kStore, sealed.data());
    segment = segment.substr(0, journal::kSegmentHeader) + sealed;
  }
  journal::testing::FakeDisk disk(
      {{journal::checkpoint_name(1), encode(start)}, {journal::segment_name(1), std::move(segment)}});
  journal::Ledger ledger;
  journal::Index index(ledger);
  journal::Recovered found;
  const std::string why = recover(disk, "store", ledger, index, found);
  require(!why.empty() || found.next_sequence >= 1, "refused with a sentence, or a place to go on from");
  (void)journal::verify(disk, "store");
  journal::Ledger saved_ledger;
  journal::Index saved(saved_ledger);
  (void)journal::salvage(disk, "store", saved_ledger, saved);
}

void check_checkpoint(std::string_view bytes) {
  journal::Checkpoint read;
  bool newer = false;
  if (decode(bytes, read, newer).empty()) require(read.sequence > 0, "a checkpoint has a sequence");
}

}  // namespace

// The first byte says which reader gets the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'c') check_changes(bytes);
  if (data[0] == 'i') check_index(bytes);
  if (data[0] == 'f') check_folder(bytes);
  if (data[0] == 'p') check_checkpoint(bytes);
  return 0;
}
