#include "backup_call.hpp"

#include <trellis/backup.hpp>
#include <trellis/json.hpp>

#include "body.hpp"

namespace management {
namespace {

std::string_view state_of(const trellis::Backup& backup) {
  switch (backup.state) {
    case trellis::BackupState::copying:
      return "copying";
    case trellis::BackupState::verifying:
      return "verifying";
    case trellis::BackupState::done:
      return "done";
    case trellis::BackupState::failed:
      return "failed";
    default:
      return "none";
  }
}

std::optional<Problem> read_name(std::string_view body, std::string& name) {
  trellis::json::Value value;
  if (auto problem = read_json(body, value)) return problem;
  const trellis::json::Value* const found = value.find("name");
  if (value.keys.size() != 1 || found == nullptr || found->type != trellis::json::Type::text)
    return bad_request(R"(the body has to be {"name": …}: what the backup is called)");
  name = found->text;
  return std::nullopt;
}

Problem problem_of(const trellis::Error& error) {
  switch (error.status) {
    case trellis::Status::unsupported:
      return {.status = 501, .code = "NotImplemented", .message = error.text};
    case trellis::Status::unavailable:
      return {.status = 409, .code = "Conflict", .message = error.text};
    case trellis::Status::invalid:
      return bad_request(error.text, "/name");
    default:
      return {.status = 500, .code = "InternalServerError", .message = error.text};
  }
}

}  // namespace

void begin_backup(const Context& context, const trellis::Request& request, trellis::Reply& reply,
                  const Caller& caller) {
  std::string name;
  if (const auto problem = read_name(request.body(), name)) return send_problem(context, reply, *problem);
  const auto begun = trellis::begin_backup(context.host, name);
  if (!begun) return send_problem(context, reply, problem_of(begun.error()));
  context.host.log(trellis::Level::info, "backup begun",
                   {{"name", name}, {"token", caller.name}, {"peer", request.peer()}});
  answer_backup(context, reply, 202);
}

void answer_backup(const Context& context, trellis::Reply& reply, std::uint32_t status) {
  const trellis::Backup now = trellis::look_at_backup(context.host);
  std::string out = R"({"state":)" + trellis::json::quote(state_of(now)) + R"(,"number":)" +
                    std::to_string(now.number) + R"(,"name":)" + trellis::json::quote(now.name) + R"(,"doneBytes":)" +
                    std::to_string(now.done_bytes) + R"(,"totalBytes":)" + std::to_string(now.total_bytes);
  if (!now.reason.empty()) out += R"(,"reason":)" + trellis::json::quote(now.reason);
  send_json(context, reply, status, out + '}');
}

}  // namespace management
