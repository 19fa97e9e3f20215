/// All retained messages of a filter, as somebody who subscribes gets them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "here.hpp"
#include "receiver.hpp"

namespace mqtt_http {

/// The work of a call. The broker gives the messages in the order of topics, level by level, some in each turn of the
/// loop; what the client may not receive it leaves out.
class Scan final : public Work, private Receiver {
 public:
  /// Answers whether more is wanted.
  using Visit = std::function<bool(const trellis_message& message)>;
  using Done = std::function<void(Call& call)>;

  /// The client is refused where it may not subscribe to the filter.
  static void begin(Call& call, const Caller& caller, std::string_view filter, Visit visit, Done done);

  Scan(Call& call, Place place, Visit visit, Done done);

  void on_gone() override { over_ = true; }

 private:
  bool on_message(const trellis_delivery& delivery) override;
  void on_lost() override { lost_ = true; }
  void look_again();
  void look();

  std::weak_ptr<Call> call_;
  Place place_;
  Visit visit_;
  Done done_;
  bool enough_ = false;
  bool lost_ = false;
  bool over_ = false;
};

}  // namespace mqtt_http
