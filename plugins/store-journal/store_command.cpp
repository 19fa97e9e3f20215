// What `trellis store` prints and does.
#include "store_command.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "engine/journal.hpp"
#include "engine/tools.hpp"

namespace store_journal {
namespace {

constexpr std::string_view kManual =
    "Usage: trellis store verify DIR\n"
    "       trellis store stats DIR\n"
    "       trellis store repair DIR\n"
    "       trellis store compact DIR\n"
    "       trellis store export DIR FILE\n"
    "       trellis store import FILE DIR\n"
    "       trellis store restore BACKUP DIR [--replace]\n"
    "\n"
    "Looks at the folder of a store-journal that no broker uses at the moment, repairs and copies it.\n"
    "\n"
    "  verify    read everything and say what is wrong; exit code 1 where something is\n"
    "  stats     say what is kept and where (-o json for scripts)\n"
    "  repair    keep what can be read in a new store under the same name; the old files stay in DIR.damaged.\n"
    "            Messages that were settled already may be there again\n"
    "  compact   rewrite every segment and give back what is not needed\n"
    "  export    write all that is kept into one file\n"
    "  import    make a store of such a file, in a folder that is not there or empty\n"
    "  restore   copy a backup that `trellis ctl backup` made into DIR and read all of it; a store that is there is\n"
    "            replaced with --replace only, and stays in DIR.replaced\n"
    "  --help    print this\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

using Words = std::vector<std::string_view>;

/// A journal of this process with one that writes into it and waits.
class Own final : private journal::Listener {
 public:
  explicit Own(journal::Disk& disk, const std::string& path) : journal_(disk, path, journal::Options(), *this) {}
  journal::Journal& journal() { return journal_; }
  bool write(journal::ChunkWriter&& chunk) {
    std::unique_lock lock(mutex_);
    answered_ = false;
    lock.unlock();
    // On the medium at once: a copy that outruns it would be refused.
    if (journal_.write(0, 1, std::move(chunk), journal::Level::synced, journal::Journal::Growth::adds) !=
        journal::Journal::Taken::yes)
      return false;
    lock.lock();
    wake_.wait(lock, [&] { return answered_; });
    return good_;
  }

 private:
  void stored(std::uint32_t, std::uint64_t, bool good) override {
    const std::lock_guard lock(mutex_);
    answered_ = true;
    good_ = good;
    wake_.notify_one();
  }
  void entries(std::uint32_t, std::uint64_t, bool, std::span<const journal::ReadEntry>) override {}
  void log(journal::Severity, const std::string&) override {}
  void counted(const journal::Counts&, const journal::Figures&) override {}

  std::mutex mutex_;
  std::condition_variable wake_;
  bool answered_ = false;
  bool good_ = false;
  journal::Journal journal_;  // last: its threads call the rest
};

int verify(const std::string& path, const trellis::Console& console) {
  journal::Folder folder(path);
  if (const std::string why = open_existing(path, folder); !why.empty()) return fail(console, why);
  const auto faults = journal::verify(folder, path);
  for (const std::string& fault : faults) console.err(fault + "\n");
  if (!faults.empty()) return 1;
  console.out(path + " is good\n");
  return 0;
}

int stats(const std::string& path, const trellis::Console& console) {
  journal::Folder folder(path);
  if (const std::string why = open_existing(path, folder); !why.empty()) return fail(console, why);
  journal::Ledger ledger;
  journal::Index index(ledger);
  journal::Recovered found;
  if (const std::string why = recover(folder, path, ledger, index, found); !why.empty()) return fail(console, why);
  std::uint64_t used = 0;
  for (const auto& [number, segment] : ledger.all()) used += segment.length;
  const std::pair<const char*, std::uint64_t> figures[] = {
      {"queues", index.queues().size()},        {"entries", index.entries()},
      {"records", index.records().size()},      {"segments", ledger.all().size()},
      {"live_bytes", ledger.live_bytes()},      {"used_bytes", used},
      {"replayed_bytes", found.replayed_bytes}, {"next_sequence", found.next_sequence},
      {"format_version", journal::kVersion},    {"oldest_format_version", found.oldest_version}};
  std::string out;
  for (const auto& [name, value] : figures) {
    const std::string number = std::to_string(value);
    out += console.json() ? (out.empty() ? "{\"" : ", \"") + std::string(name) + "\": " + number
                          : std::string(name) + " " + number + "\n";
  }
  console.out(console.json() ? out + "}\n" : out);
  return 0;
}

/// Makes a store in a new folder of what fill() writes.
std::string make_store(const std::string& path, const std::function<std::string(Own&)>& fill) {
  journal::Folder folder(path);
  if (std::string why = folder.open_locked(); !why.empty()) return why;
  Own own(folder, path);
  if (std::string why = own.journal().open(); !why.empty()) return why;
  std::string why = fill(own);
  own.journal().stop();
  return why;
}

int repair(const std::string& given, const trellis::Console& console) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::string repaired = path + ".repaired";
  const std::string damaged = path + ".damaged";
  std::error_code error;
  for (const std::string& taken : {repaired, damaged}) {
    if (std::filesystem::exists(taken, error)) return fail(console, taken + " is there already; move it away first");
  }
  journal::Folder folder(path);
  if (const std::string why = open_existing(path, folder); !why.empty()) return fail(console, why);
  journal::Ledger ledger;
  journal::Index index(ledger);
  // What can be read of it here is nothing, and would take its place.
  if (const std::string why = journal::foreign_store(folder, path); !why.empty()) return fail(console, why);
  std::vector<std::string> faults = journal::salvage(folder, path, ledger, index);
  const std::string why = make_store(repaired, [&](Own& own) {
    bool written = true;
    const auto more = copy_out(
        ledger, index, [&](journal::ChunkWriter&& chunk) { return written = written && own.write(std::move(chunk)); });
    faults.insert(faults.end(), more.begin(), more.end());
    return written ? std::string() : "the copy could not be written; " + path + " is as it was";
  });
  for (const std::string& fault : faults) console.err("left out: " + fault + "\n");
  if (!why.empty()) return fail(console, why);
  std::filesystem::rename(path, damaged, error);
  if (!error) std::filesystem::rename(repaired, path, error);
  if (error) return fail(console, "cannot put " + repaired + " in place of " + path + ": " + error.message());
  console.out("kept " + std::to_string(index.entries()) + " entries and " + std::to_string(index.records().size()) +
              " records in " + path + "; the old files are in " + damaged + "\n");
  return 0;
}

int compact(const std::string& path, const trellis::Console& console) {
  journal::Folder folder(path);
  if (const std::string fault = open_existing(path, folder); !fault.empty()) return fail(console, fault);
  Own own(folder, path);
  if (const std::string fault = own.journal().open(); !fault.empty()) return fail(console, fault);
  const std::uint64_t before = own.journal().figures().used_bytes;
  const std::string why = own.journal().compact();
  own.journal().stop();
  if (!why.empty()) return fail(console, why);
  console.out(std::to_string(before) + " bytes before, " + std::to_string(own.journal().figures().used_bytes) +
              " now\n");
  return 0;
}

/// A file anywhere: its folder is the disk.
std::string open_file(const std::string& path, journal::Disk::Mode mode, journal::Folder& folder,
                      std::shared_ptr<journal::File>& file) {
  std::string why = mode == journal::Disk::Mode::existing ? folder.open_to_read() : folder.open();
  if (!why.empty()) return why;
  const auto code = folder.open(std::filesystem::path(path).filename().string(), mode, file);
  return code == 0 ? "" : path + ": " + journal::errno_text(code);
}

std::string folder_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

int export_to(const std::string& path, const std::string& to, const trellis::Console& console) {
  journal::Folder folder(path);
  if (const std::string why = open_existing(path, folder); !why.empty()) return fail(console, why);
  journal::Ledger ledger;
  journal::Index index(ledger);
  journal::Recovered found;
  if (const std::string why = recover(folder, path, ledger, index, found); !why.empty()) return fail(console, why);
  journal::Folder other(folder_of(to));
  std::shared_ptr<journal::File> file;
  if (const std::string why = open_file(to, journal::Disk::Mode::create, other, file); !why.empty())
    return fail(console, why);
  journal::Archive archive(*file);
  journal::Errno code = archive.begin();
  const auto faults = copy_out(ledger, index, [&](journal::ChunkWriter&& chunk) {
    if (code == 0) code = archive.add(std::move(chunk));
    return code == 0;
  });
  if (code == 0) code = archive.end();
  if (code != 0) return fail(console, to + ": " + journal::errno_text(code));
  for (const std::string& fault : faults) console.err("left out: " + fault + "\n");
  console.out("exported " + std::to_string(index.entries()) + " entries and " + std::to_string(index.records().size()) +
              " records\n");
  return faults.empty() ? 0 : 1;
}

int import_from(const std::string& from, const std::string& path, const trellis::Console& console) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_empty(path, error)) {
    return fail(console, path + " is there and not empty");
  }
  journal::Folder other(folder_of(from));
  std::shared_ptr<journal::File> file;
  if (const std::string why = open_file(from, journal::Disk::Mode::existing, other, file); !why.empty()) {
    return fail(console, why);
  }
  const bool there = std::filesystem::exists(path, error);
  std::uint64_t entries = 0;
  std::uint64_t records = 0;
  const std::string why = make_store(path, [&](Own& own) {
    std::string wrong = journal::Archive(*file).read([&](std::string_view payload) {
      if (!journal::well_formed(payload)) return false;
      journal::ChunkWriter chunk;
      chunk.payload(payload);
      return own.write(std::move(chunk));
    });
    own.journal().look([&](const journal::Index& index) {
      entries = index.entries();
      records = index.records().size();
    });
    return wrong;
  });
  if (!why.empty()) return fail(console, from + " " + why + "; " + path + " holds a part of it at most");
  console.out("imported " + std::to_string(entries) + " entries and " + std::to_string(records) + " records into " +
              path + ", which " + (there ? "was empty" : "was not there") + ": nothing was overwritten\n");
  return 0;
}

}  // namespace

int fail(const trellis::Console& console, const std::string& sentence) {
  console.err("trellis store: " + sentence + "\n");
  return 1;
}

std::string open_existing(const std::string& path, journal::Folder& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path + " is no folder";
  return folder.open_locked();
}

int run_store(const Words& words, const trellis::Console& console) {
  const auto is = [&](std::size_t i, std::string_view word) { return i < words.size() && words[i] == word; };
  if (is(0, "--help") || is(1, "--help")) {
    console.out(kManual);
    return 0;
  }
  const auto word = [&](std::size_t i) { return std::string(words[i]); };
  const std::size_t count = words.size();
  if (count == 2 && is(0, "verify")) return verify(word(1), console);
  if (count == 2 && is(0, "stats")) return stats(word(1), console);
  if (count == 2 && is(0, "repair")) return repair(word(1), console);
  if (count == 2 && is(0, "compact")) return compact(word(1), console);
  if (count == 3 && is(0, "export")) return export_to(word(1), word(2), console);
  if (count == 3 && is(0, "import")) return import_from(word(1), word(2), console);
  if (is(0, "restore") && (count == 3 || (count == 4 && is(3, "--replace")))) {
    return restore(word(1), word(2), count == 4, console);
  }
  console.err(kManual);
  return 2;
}

}  // namespace store_journal
