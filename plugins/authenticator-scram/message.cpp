#include "message.hpp"

#include <algorithm>

#include "common/base64/base64.hpp"

namespace scram {
namespace {

/// Cuts off what stands before the next comma, and the comma.
std::string_view take_part(std::string_view& text) {
  const std::size_t comma = text.find(',');
  const std::string_view part = text.substr(0, comma);
  text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  return part;
}

bool take_attribute(std::string_view& text, char name, std::string_view& value) {
  if (text.size() < 2 || text[0] != name || text[1] != '=') return false;
  value = take_part(text).substr(2);
  return true;
}

/// "=2C" is a comma and "=3D" an equals sign; nothing else may follow one.
std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    const std::string_view code = text.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    name += code == "=2C" ? ',' : '=';
    i += 2;
  }
  if (name.empty()) return std::nullopt;
  return name;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= kMostNonceBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e && c != ','; });
}

/// What stands in front of the bare message: whether the client binds the exchange to the connection, and as whom it
/// wants to act.
bool read_header(std::string_view& rest, std::string_view& acts_as, std::string& why) {
  const std::string_view binding = take_part(rest);
  if (binding.starts_with("p=")) {
    why = "channel binding is not offered here";
    return false;
  }
  if (binding != "n" && binding != "y") {
    why = "the message does not begin with n,, or y,,";
    return false;
  }
  acts_as = take_part(rest);
  if (acts_as.empty() || acts_as.starts_with("a=")) return true;
  why = "what stands for the identity to act as does not begin with a=";
  return false;
}

}  // namespace

std::optional<ClientFirst> read_client_first(std::string_view message, std::string& why) {
  std::string_view rest = message;
  std::string_view acts_as;
  if (message.size() > kMostMessageBytes) {
    why = "the message is too long";
    return std::nullopt;
  }
  if (!read_header(rest, acts_as, why)) return std::nullopt;
  ClientFirst first;
  first.header = message.substr(0, message.size() - rest.size());
  first.bare = rest;
  std::string_view name;
  if (rest.starts_with("m=")) {
    why = "the client demands an extension that is not known here";
  } else if (!take_attribute(rest, 'n', name) || !take_attribute(rest, 'r', first.nonce)) {
    why = "the user name n= or the nonce r= is missing";
  } else if (auto user = decode_name(name); !user) {
    why = "the user name is empty or wrongly encoded";
  } else if (!is_nonce(first.nonce)) {
    why = "the nonce is empty, too long or not printable";
  } else if (!acts_as.empty() && decode_name(acts_as.substr(2)) != user) {
    why = "nobody may act as somebody else";
  } else {
    first.user = std::move(*user);
    return first;  // what follows are optional extensions, which are for those who know them
  }
  return std::nullopt;
}

std::optional<ClientFinal> read_client_final(std::string_view message, std::string& why) {
  ClientFinal final_message;
  if (message.size() > kMostMessageBytes) {
    why = "the message is too long";
    return std::nullopt;
  }
  // The proof comes last, whatever extensions stand before it.
  const std::size_t at = message.rfind(",p=");
  std::string_view rest = message.substr(0, at);
  final_message.without_proof = rest;
  if (at == std::string_view::npos) {
    why = "the proof p= is missing at the end";
  } else if (!take_attribute(rest, 'c', final_message.binding) || !take_attribute(rest, 'r', final_message.nonce)) {
    why = "the channel binding c= or the nonce r= is missing";
  } else if (auto proof = common::from_base64(message.substr(at + 3)); !proof) {
    why = "the proof is not base64";
  } else {
    final_message.proof = std::move(*proof);
    return final_message;
  }
  return std::nullopt;
}

std::string server_first(std::string_view nonce, std::string_view salt, std::uint32_t iterations) {
  return "r=" + std::string(nonce) + ",s=" + common::to_base64(salt) + ",i=" + std::to_string(iterations);
}

std::string server_final(std::string_view signature) { return "v=" + common::to_base64(signature); }

}  // namespace scram
