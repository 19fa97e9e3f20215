#include "scan.hpp"

namespace mqtt_http {

void Scan::begin(Call& call, const Caller& caller, std::string_view filter, Visit visit, Done done) {
  Here& here = call.here();
  Place place = Place::take(here.scans, here.settings().retained_scans);
  if (!place) return call.refuse({503, "other requests about retained messages are under way", {}});
  auto made = std::make_unique<Scan>(call, std::move(place), std::move(visit), std::move(done));
  trellis_status status = made->open(call, caller, false);
  if (status == TRELLIS_OK) status = made->subscribe(filter, 1, TRELLIS_SUBSCRIBE_RETAINED);
  if (status != TRELLIS_OK) return call.refuse(subscribe_problem(status, filter));
  Scan& scan = *made;
  call.set_work(std::move(made));
  scan.look_again();
}

Scan::Scan(Call& call, Place place, Visit visit, Done done)
    : Receiver(call.here()),
      call_(call.weak_from_this()),
      place_(std::move(place)),
      visit_(std::move(visit)),
      done_(std::move(done)) {}

bool Scan::on_message(const trellis_delivery& delivery) {
  const bool retained = (delivery.flags & TRELLIS_DELIVERY_RETAIN) != 0;
  if (retained && !enough_ && !over_) enough_ = !visit_(*delivery.message);
  return true;
}

// Nobody tells when nothing is left; while something is, the broker works on it in every turn.
void Scan::look_again() {
  here().shard().host().post(here().shard().index(), [weak = call_] {
    const auto call = weak.lock();
    if (call == nullptr || call->over()) return;
    if (auto* const scan = dynamic_cast<Scan*>(call->work())) scan->look();
  });
}

void Scan::look() {
  const auto call = call_.lock();
  if (lost_) return call->refuse({503, "the broker stops", {}});
  if (!enough_ && (replaying() || queued() > 0)) return look_again();
  over_ = true;
  close();
  const Done done = std::exchange(done_, nullptr);
  if (done) done(*call);
}

}  // namespace mqtt_http
