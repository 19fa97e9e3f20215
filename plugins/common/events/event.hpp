/// An event that was accepted, as it is kept.
///
/// The stored form, of all events alike, is one CloudEvent in JSON (structured mode, application/cloudevents+json):
///  - An event that came structured, alone or in a batch, is kept as the bytes that came: order and spelling of its
///    members, of numbers and of escapes stay, and so do unknown attributes. Blanks around it are not part of it. Only
///    where it takes over the request's trace context, that is put behind its last member.
///  - An event that came in binary mode is written as JSON once: specversion, id, source, type, the other attributes in
///    the order of their headers, datacontenttype, and at last its data: in `data` where the content type is of JSON
///    and the body is, byte for byte; otherwise in `data_base64`, or, where the rules want that of text/*, as text in
///    `data`. Values of attributes stay texts: nobody said that "5" was a number.
///
/// So an answer to receive, a webhook's body and an MQTT message in structured mode are the stored bytes, spliced
/// unchanged, and journals keep one kind of payload. The other way costs one pass (Parts): JSON data are found in
/// place, and data in base64 are the very bytes that a publisher in binary mode sent. To keep events as parts would
/// have made the common case, structured in and structured out, an encoding each time, and would have lost its
/// spelling.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <trellis/view.hpp>

#include "common/cloud_event/event.hpp"

namespace events {

/// The media type of the stored form.
inline constexpr std::string_view kStoredType = "application/cloudevents+json; charset=utf-8";

/// All views live as long as the request they came with, and until its Intake reads the next.
struct Event {
  enum class Origin : std::uint8_t {
    original,  ///< json is a part of the request's body
    adorned,   ///< the same with a trace context at its end
    encoded    ///< written from binary mode
  };

  std::string_view json;     ///< the stored form
  std::size_t readable = 0;  ///< bytes behind json that may be read, whatever they are
  Origin origin = Origin::original;

  // What attributes say, without quotes and escapes. None is empty where it is there.
  std::string_view specversion;
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view time;
  std::string_view subject;
  std::string_view dataschema;
  std::string_view datacontenttype;

  /// All attributes, as tokens of JSON: texts have their quotes. Those that are null are left out.
  trellis::Pairs attributes;
  std::string_view data;          ///< the value of `data`, as JSON; empty where there is none
  std::size_t data_readable = 0;  ///< as readable, of data
  std::string_view data_base64;   ///< the token of `data_base64`, in quotes; empty where there is none

  /// For filters, which need not look for attributes and data again.
  cloud_event::Event view() const noexcept {
    return cloud_event::Event::taken_apart(attributes, data, data_readable, data_base64);
  }
};

}  // namespace events
