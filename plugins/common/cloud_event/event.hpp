// One event as it lies in memory: nothing is read of it before somebody asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/view.hpp>

namespace cloud_event {

/// Whether a media type is of JSON: "*/json" or "*/*+json", parameters aside.
bool is_json_type(std::string_view media_type) noexcept;
bool is_text_type(std::string_view media_type) noexcept;
/// Whether it is of CloudEvents in structured mode, one or many.
bool is_cloud_event_type(std::string_view media_type) noexcept;

/// A view; what it was made from has to outlive it. Copies are cheap.
class Event {
 public:
  enum class Form : std::uint8_t {
    structured,  ///< one JSON object has everything
    binary,      ///< attributes stand beside the data
    tokens,      ///< structured, and taken apart already
    plain        ///< an MQTT message, seen as the event that routing makes of it
  };
  /// How the data of the forms other than structured is to be taken.
  enum class Data : std::uint8_t {
    none,         ///< bytes that no filter looks into
    json,         ///< missing where it is no JSON
    text,         ///< one text
    json_or_text  ///< JSON, or one text where it is no JSON
  };

  /// A CloudEvent in JSON. `readable` bytes behind it may be read, whatever they are: 64 save copying it.
  static Event structured(std::string_view json, std::size_t readable = 0) noexcept;
  /// An event of the Event Grid schema in JSON, whose type is called eventType.
  static Event event_grid(std::string_view json, std::size_t readable = 0) noexcept;
  /// Attributes by their names, without a prefix, as in the user properties of MQTT; data of that content type.
  /// is_text: the publisher said that it is UTF-8.
  static Event binary(trellis::Pairs attributes, std::string_view data, std::optional<std::string_view> content_type,
                      bool is_text = false) noexcept;
  /// A CloudEvent in JSON that somebody has read already: attributes with their values as tokens of JSON, and the
  /// values of "data" and "data_base64", empty where they are missing. Says what structured() says of the whole.
  /// `readable` is of data.
  static Event taken_apart(trellis::Pairs attributes, std::string_view data, std::size_t readable,
                           std::string_view data_base64) noexcept;
  /// What an MQTT message is: a CloudEvent in structured or binary mode, or none. Then it is seen as what routing to a
  /// topic makes of it, from `source`, which is missing where empty.
  static Event of(const trellis::Message& message, std::string_view source = {}) noexcept;

  Form form() const noexcept { return form_; }
  std::string_view bytes() const noexcept { return bytes_; }
  std::size_t readable() const noexcept { return readable_; }
  bool of_event_grid() const noexcept { return event_grid_; }
  Data data() const noexcept { return data_; }
  /// The attributes of binary events, and of those taken apart: then as tokens of JSON.
  trellis::Pairs attributes() const noexcept { return attributes_; }
  /// Of events taken apart.
  std::string_view data_base64() const noexcept { return data_base64_; }
  std::optional<std::string_view> content_type() const noexcept { return content_type_; }
  /// The attribute of that name (small letters) of a plain message; nothing where there is none.
  std::optional<std::string_view> plain_attribute(std::string_view name, char (&time)[32]) const noexcept;

 private:
  Form form_ = Form::structured;
  Data data_ = Data::none;
  bool event_grid_ = false;
  std::size_t readable_ = 0;
  std::string_view bytes_;  // the whole event, or its data
  trellis::Pairs attributes_;
  std::optional<std::string_view> content_type_;
  std::string_view source_;
  std::string_view data_base64_;
  const trellis_message* message_ = nullptr;  // of plain ones
};

}  // namespace cloud_event
