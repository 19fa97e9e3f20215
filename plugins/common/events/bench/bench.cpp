// What taking an event of 1 KiB costs in each mode, what it costs to answer with it, and what a lock token costs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "common/events/answers.hpp"
#include "common/events/intake.hpp"
#include "common/events/lock_token.hpp"
#include "common/events/parts.hpp"
#include "common/events/settle_request.hpp"

namespace {

std::string number(std::size_t i) { return std::to_string(i); }

// The data of a reading: 25 numbers and texts.
std::string data(std::size_t note) {
  std::string out = R"({"customer": "c-7")";
  for (std::size_t i = 0; i < 25; ++i) {
    const std::string value = i % 2 == 0 ? number(i * 100) + ".5" : "\"State-" + number(i) + "\"";
    out += ", \"k" + number(i) + "\": " + value;
  }
  return out + R"(, "note": ")" + std::string(note, 'n') + "\"}";
}

std::string event(std::size_t bytes) {
  const std::string front =
      R"({"specversion": "1.0", "id": "7c0f2b4e-9b1d-4a56-8d0e-2f6f5a1c9e11", "source": "/plants/7", )"
      R"("type": "plant.reading.3", "subject": "halls/4/motors/17", "time": "2026-07-24T08:31:07.1234567Z", )"
      R"("datacontenttype": "application/json", "data": )";
  return front + data(bytes - front.size() - data(0).size() - 1) + "}";
}

// The least of several runs, in microseconds a call.
template <class Call>
double microseconds(const Call& call) {
  double least = 1e18;
  for (int run = 0; run < 9; ++run) {
    std::size_t calls = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::chrono::duration<double, std::micro> passed{};
    while (passed.count() < 3e4) {
      for (int i = 0; i < 16; ++i) call();
      calls += 16;
      passed = std::chrono::steady_clock::now() - begin;
    }
    least = std::min(least, passed.count() / static_cast<double>(calls));
  }
  return least;
}

trellis_pair pair(std::string_view name, std::string_view value) { return {trellis::view(name), trellis::view(value)}; }

std::size_t taken = 0;

void bench_intake(const std::string& one) {
  const trellis_pair single = pair("content-type", "application/cloudevents+json; charset=utf-8");
  const trellis_pair many = pair("content-type", "application/cloudevents-batch+json; charset=utf-8");
  events::Intake intake;
  std::string batch = "[" + one;
  for (int i = 1; i < 100; ++i) batch += "," + one;
  batch += "]";
  const std::string padded = one + std::string(64, ' ');
  const auto read = [&](const trellis_pair& header, std::string_view body, std::size_t readable = 0) {
    if (intake.read({&header, 1}, body, readable) == nullptr) taken += intake.events().size();
  };
  std::printf("structured, alone         %6.2f us\n", microseconds([&] { read(single, one); }));
  std::printf("  in place                %6.2f us\n", microseconds([&] {
                read(single, {padded.data(), one.size()}, 64);
              }));
  std::printf("batch of 100, an event    %6.2f us\n", microseconds([&] { read(many, batch); }) / 100);

  const std::string body = data(1024 - data(0).size());
  const std::vector<trellis_pair> headers{pair("content-type", "application/json"),
                                          pair("ce-specversion", "1.0"),
                                          pair("ce-id", "7c0f2b4e-9b1d-4a56-8d0e-2f6f5a1c"),
                                          pair("ce-source", "/plants/7"),
                                          pair("ce-type", "plant.reading.3"),
                                          pair("ce-time", "2026-07-24T08:31:07.1234567Z")};
  const auto binary = [&](trellis::Pairs pairs) {
    if (intake.read(pairs, body) == nullptr) taken += intake.events().size();
  };
  std::printf("binary, JSON              %6.2f us\n", microseconds([&] { binary({headers.data(), headers.size()}); }));
  auto bytes = headers;
  bytes[0] = pair("content-type", "application/octet-stream");
  std::printf("binary, bytes             %6.2f us\n", microseconds([&] { binary({bytes.data(), bytes.size()}); }));
  events::Parts parts;
  std::printf("taken apart again         %6.2f us\n", microseconds([&] {
                parts.take(intake.events()[0]);
                taken += parts.data().size();
              }));
}

void bench_answers(const std::string& one) {
  auto tokens = std::move(events::LockTokens::make("a key of sixteen bytes or more")).value();
  events::LockTokens::Text text;
  events::Lease lease{7, 1, 1, 1'780'000'000'000};
  std::printf("lock token, made          %6.2f us\n", microseconds([&] {
                ++lease.number;
                taken += tokens.write(lease, text).size();
              }));
  events::Lease found;
  std::printf("lock token, checked       %6.2f us\n", microseconds([&] {
                taken += tokens.read({text.data(), text.size()}, 7, found) == events::TokenFault::none ? 1 : 0;
              }));
  const std::vector<events::Delivery> deliveries(100, {{text.data(), text.size()}, 1, one});
  std::string out;
  std::printf("received, an event        %6.2f us\n", microseconds([&] {
                                                        out.clear();
                                                        events::append_received(out, deliveries);
                                                        taken += out.size();
                                                      }) / 100);
  std::string asked = "{\"lockTokens\":[\"" + std::string(text.data(), text.size()) + "0\"";
  for (int i = 1; i < 100; ++i)
    asked += ",\"" + std::string(text.data(), text.size()) + number(static_cast<std::size_t>(i)) + '"';
  asked += "]}";
  events::SettleRequest request;
  std::printf("settle request, a token   %6.2f us\n", microseconds([&] {
                                                        if (!request.read(asked)) taken += request.tokens().size();
                                                      }) / 100);
}

}  // namespace

int main() {
  const std::string one = event(1024);
  std::printf("an event of %zu bytes\n\n", one.size());
  bench_intake(one);
  bench_answers(one);
  return taken == 0 ? 1 : 0;
}
