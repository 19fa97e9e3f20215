// There: who we are, then events.
#include "speaker.hpp"

#include <openssl/rand.h>

#include <array>
#include <trellis/json.hpp>
#include <utility>

namespace nats {
namespace {

using common::Verdict;
using trellis::Cause;

/// A name that nobody can guess: what arrives there settles events.
std::string new_inbox() {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return {};
  std::string out = "_INBOX.";
  for (const unsigned char byte : random) out += {kHex[byte >> 4U], kHex[byte & 15U]};
  return out + ".";
}

}  // namespace

NatsSpeaker::NatsSpeaker(peer_link::Link& link, const Target& target)
    : link_(link), target_(target), inbox_(new_inbox()), pings_(link, "PING\r\n", !target.jet_stream) {}

std::string NatsSpeaker::connect_options(std::string_view nonce) const {
  std::string out = R"({"verbose":false,"pedantic":false,"lang":"trellis","version":"1.0.0","name":"trellis",)"
                    R"("protocol":1,"echo":false,"headers":true,"no_responders":true)";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.append(",\"").append(name).append("\":").append(trellis::json::quote(value));
  };
  out.append(",\"tls_required\":").append(link_.settings().target.secure ? "true" : "false");
  add("user", target_.user);
  add("pass", target_.password);
  add("auth_token", target_.token);
  add("jwt", target_.jwt);
  if (target_.key) {
    if (target_.jwt.empty()) add("nkey", target_.key.name());
    add("sig", target_.key.sign(nonce));
  }
  return out + "}";
}

void NatsSpeaker::greet(std::string_view nonce) {
  greeted_ = true;
  link_.write("CONNECT " + connect_options(nonce) + "\r\n");
  if (target_.jet_stream) link_.write("SUB " + inbox_ + "* 1\r\n");
  pings_.ask();
}

std::optional<Verdict> NatsSpeaker::send(std::uint64_t number, peer_link::Piece& piece) {
  const Sizes sizes = Sizes::of(piece.mark);
  const std::string_view all(piece.bytes);
  const std::string_view subject = all.substr(0, sizes.subject);
  const std::string_view body = all.substr(sizes.subject);
  if (body.size() > most_bytes_) {
    return Verdict::refused(Cause::too_large, link_.settings().name + ": takes messages of " +
                                                  std::to_string(most_bytes_) + " bytes, this one has " +
                                                  std::to_string(body.size()));
  }
  std::string head = "HPUB ";
  head.append(subject).append(" ");
  if (target_.jet_stream) head.append(inbox_).append(std::to_string(number)).append(" ");
  head.append(std::to_string(sizes.headers)).append(" ").append(std::to_string(body.size())).append("\r\n");
  link_.write(head);
  link_.write(body);
  link_.write("\r\n");
  while (!published_.empty() && published_.front().number < link_.oldest()) published_.pop_front();
  published_.push_back({number, std::string(subject)});
  pings_.sent(number);
  return std::nullopt;
}

}  // namespace nats
