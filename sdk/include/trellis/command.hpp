// Commands: a verb a plugin adds to the `trellis` program.
#pragma once

#include <trellis/abi/command.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/plugin.hpp>
#include <trellis/view.hpp>
#include <vector>

namespace trellis {

/// What a command speaks to its user with.
class Console {
 public:
  explicit Console(const trellis_console* console) noexcept : console_(console) {}

  /// The user asked for -o json.
  bool json() const noexcept { return console_->json; }
  /// A person sits at a terminal.
  bool interactive() const noexcept { return console_->interactive; }
  void out(std::string_view text) const noexcept { console_->out(console_, view(text)); }
  void err(std::string_view text) const noexcept { console_->err(console_, view(text)); }
  /// One line without echo; nothing at the end of input. Longer than 1,024 bytes is cut.
  std::optional<std::string> secret(std::string_view prompt) const {
    std::array<char, 1024> buffer{};
    const std::size_t size = console_->read_secret(console_, view(prompt), buffer.data(), buffer.size());
    if (size == SIZE_MAX) return std::nullopt;
    return std::string(buffer.data(), std::min(size, buffer.size()));
  }

 private:
  const trellis_console* console_;
};

/// Put around the kind: class Passwords : public trellis::WithCommand<trellis::Authenticator>, which then
/// overrides verb(), verb_summary() and run().
template <class Kind>
class WithCommand : public Kind {
 public:
  virtual std::string_view verb() const noexcept = 0;          // `trellis VERB …`; a literal
  virtual std::string_view verb_summary() const noexcept = 0;  // one line for `trellis --help`; a literal
  /// Runs with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage. The plugin is
  /// created but not configured.
  virtual int run(const std::vector<std::string_view>& words, const Console& console) = 0;

  const void* table(std::string_view id) override {
    if (id != kTableId<trellis_command>) return Kind::table(id);
    table_.verb = view(verb());
    table_.summary = view(verb_summary());
    return &table_;
  }

 private:
  static std::int32_t run_glue(void* instance, const trellis_view* words, std::uint32_t count,
                               const trellis_console* console) noexcept {
    std::int32_t code = 1;
    trellis_error error{sizeof(trellis_error), 0, {}};
    const auto status = glue::guarded(&error, Status::internal, [&]() -> Result<void> {
      std::vector<std::string_view> texts;
      for (std::uint32_t i = 0; i < count; ++i) texts.push_back(text(words[i]));
      code = static_cast<WithCommand&>(glue::plugin(instance)).run(texts, Console(console));
      return ok();
    });
    if (status != TRELLIS_OK) Console(console).err(std::string_view(error.text, error.size));
    return code;
  }

  trellis_command table_{sizeof(trellis_command), {}, {}, &run_glue};
};

}  // namespace trellis
