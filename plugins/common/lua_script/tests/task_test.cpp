// on_authenticate: calls that wait, and what goes wrong with them.
#include "common/lua_script/task.hpp"

#include <gmock/gmock.h>

#include "common/lua_script/answers.hpp"
#include "fixture.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using State = Task::State;

/// One question to a script with on_authenticate around the text.
class Question {
 public:
  explicit Question(const std::string& body, const Limits& limits = {})
      : script("function on_authenticate(credentials)\n" + body + "\nend", limits) {
    credentials.struct_size = sizeof credentials;
    credentials.flags = TRELLIS_CREDENTIALS_HAS_USERNAME | TRELLIS_CREDENTIALS_HAS_PASSWORD;
    credentials.client_id = trellis::view("sensor-7");
    credentials.username = trellis::view("ada");
    credentials.password = trellis::view("secret");
    subject = {.name_space = "default", .credentials = &credentials};
    if (script.runner != nullptr) task.emplace(*script.runner, subject, reader);
  }
  State start() { return task->start(Hook::authenticate); }
  State answer(std::uint32_t status, const std::string& body) {
    return task->resume({.error = {}, .status = status, .headers = {{"x-more", "1"}, {"x-more", "2"}}, .body = body});
  }
  const std::string& error() const { return script.runner->error(); }
  /// What the body answers where it needs to wait for nothing.
  std::string verdict() {
    if (start() != State::done) return error();
    if (reader.kind() == GrantReader::Kind::defer) return "defer";
    return reader.kind() == GrantReader::Kind::deny ? "deny " + reader.reason() : "allow " + reader.name();
  }

  Script script;
  trellis_credentials credentials{};
  Subject subject;
  GrantReader reader;
  std::optional<Task> task;
};

std::string verdict(const std::string& body) { return Question(body).verdict(); }

TEST(Task, Decides) {
  EXPECT_EQ(verdict(""), "defer");
  EXPECT_EQ(verdict("return defer()"), "defer");
  EXPECT_EQ(verdict("return deny('no')"), "deny no");
  EXPECT_EQ(verdict("return false"), "deny ");
  EXPECT_EQ(verdict("return allow(credentials.username)"), "allow ada");
  EXPECT_EQ(verdict("return allow('')"), "allow ");
}

TEST(Task, NeverAllowsByAccident) {
  for (const char* body : {"return true", "return allow()", "return pass()", "return 'ada'", "return {'ada'}",
                           "return {name = 'ada'}", "return setmetatable({'ada'}, getmetatable(allow('x')))"}) {
    Question question(body);
    EXPECT_EQ(question.start(), State::failed) << body;
    EXPECT_THAT(question.error(), HasSubstr("")) << body;
  }
  EXPECT_THAT(verdict("return true"), HasSubstr("on_authenticate answered a boolean, expected nothing, allow(name)"));
}

TEST(Task, TellsAttributesAndTheEnd) {
  Question question("return allow('ada', {type = 'press', rooms = {'a', 'b'}, floor = 3}, {expires = 1700000000.5})");
  ASSERT_EQ(question.start(), State::done) << question.error();
  EXPECT_THAT(question.reader.attributes(), ::testing::UnorderedElementsAre(::testing::Pair("type", "\"press\""),
                                                                            ::testing::Pair("rooms", "[\"a\",\"b\"]"),
                                                                            ::testing::Pair("floor", "3")));
  EXPECT_EQ(question.reader.expires_ms(), 1'700'000'000'500);
}

TEST(Task, RefusesGrantsThatAreNone) {
  EXPECT_THAT(verdict("return allow('a\\xff')"), HasSubstr("the name is no text in UTF-8"));
  EXPECT_THAT(verdict("return allow(('x'):rep(513))"), HasSubstr("at most 512 bytes"));
  EXPECT_THAT(verdict("return allow('a', {x = ('y'):rep(5000)})"), HasSubstr("more than 4096 bytes"));
  EXPECT_THAT(verdict("return allow('a', {[1] = 'x'})"), HasSubstr("an attribute's name is no text"));
  EXPECT_THAT(verdict("return allow('a', {x = print})"), HasSubstr("has no form in JSON"));
  EXPECT_THAT(verdict("return allow('a', {}, {expires = 0})"), HasSubstr("expected {expires"));
  EXPECT_THAT(verdict("return allow('a', {}, {expire = 5})"), HasSubstr("expected {expires"));
  EXPECT_THAT(verdict("return allow(nil)"), HasSubstr("string expected"));
}

TEST(Task, SeesWhatTheClientShowed) {
  EXPECT_EQ(verdict("return allow(credentials.client_id .. credentials.username .. credentials.password)"),
            "allow sensor-7adasecret");
  EXPECT_EQ(verdict("return allow(tostring(credentials.method) .. #credentials.certificates)"), "allow nil0");
  EXPECT_THAT(verdict("return allow(credentials.secret)"), HasSubstr("credentials have no field 'secret'"));
  EXPECT_THAT(verdict("credentials.username = 'root'"), HasSubstr("read-only"));
}

TEST(Task, WaitsForAnAnswer) {
  Question question(R"(
    local answer = http.post('https://id.example.com/check', {headers = {accept = 'text/plain'}, body = credentials.password, timeout = 2})
    if answer.status ~= 200 then return deny(answer.body) end
    local more = http.get('https://id.example.com/more')
    return allow(answer.body .. more.body .. more.headers['x-more']))");
  ASSERT_EQ(question.start(), State::waiting) << question.error();
  const HttpRequest& request = question.task->request();
  EXPECT_EQ(request.method + " " + request.url + " " + request.body, "POST https://id.example.com/check secret");
  EXPECT_EQ(request.timeout, std::chrono::seconds(2));
  ASSERT_EQ(request.headers.size(), 1U);
  ASSERT_EQ(question.answer(200, "a"), State::waiting);
  EXPECT_EQ(question.task->request().method, "GET");
  ASSERT_EQ(question.answer(200, "b"), State::done) << question.error();
  EXPECT_EQ(question.reader.name(), "ab1");
}

TEST(Task, IsToldWhyThereIsNone) {
  Question question("local answer, why = http.get('https://x') return deny(why)");
  ASSERT_EQ(question.start(), State::waiting);
  ASSERT_EQ(question.task->resume({.error = "nobody answers", .headers = {}, .body = {}}), State::done);
  EXPECT_EQ(question.reader.reason(), "nobody answers");
}

TEST(Task, MayWaitWithinPcall) {
  Question question("local _, answer = pcall(http.get, 'https://x') return allow(answer.body)");
  ASSERT_EQ(question.start(), State::waiting) << question.error();
  ASSERT_EQ(question.answer(200, "ada"), State::done) << question.error();
  EXPECT_EQ(question.reader.name(), "ada");
}

TEST(Task, SeveralWaitSideBySideInOneState) {
  Question one(
      "local name = credentials.username local answer = http.get('https://x') "
      "return allow(name .. credentials.username .. answer.body)");
  trellis_credentials shown = one.credentials;
  shown.username = trellis::view("bob");
  const Subject subject{.name_space = "default", .credentials = &shown};
  GrantReader reader;
  Task other(*one.script.runner, subject, reader);
  ASSERT_EQ(one.start(), State::waiting);
  ASSERT_EQ(other.start(Hook::authenticate), State::waiting);
  ASSERT_EQ(one.answer(200, "1"), State::done);
  ASSERT_EQ(other.resume({.error = {}, .status = 200, .headers = {}, .body = "2"}), State::done);
  EXPECT_EQ(one.reader.name(), "adaada1");
  EXPECT_EQ(reader.name(), "bobbob2");
}

TEST(Task, OneThatIsDroppedLeavesNothingBehind) {
  Script script("function on_authenticate() local big = ('x'):rep(100000) http.get('https://x') return allow(big) end",
                kPatient);
  const trellis_credentials shown{};
  const Subject subject{.name_space = "default", .credentials = &shown};
  GrantReader reader;
  for (int i = 0; i < 2000; ++i) {
    Task task(*script.runner, subject, reader);
    ASSERT_EQ(task.start(Hook::authenticate), State::waiting) << script.runner->error();
  }
  EXPECT_LT(script.runner->memory_used(), std::size_t{16} << 20U);
}

// --- attacks

TEST(TaskAttack, TheBudgetIsThatOfAllPartsTogether) {
  Question question("while true do for i = 1, 100000 do end http.get('https://x') end");
  State state = question.start();
  const double begin = cpu_ms();
  int parts = 1;
  for (; state == State::waiting && parts < 100'000; ++parts) state = question.answer(200, "");
  EXPECT_EQ(state, State::failed);
  EXPECT_EQ(question.script.runner->failure(), Failure::budget) << question.error();
  EXPECT_LT(cpu_ms() - begin, 200) << parts;
}

TEST(TaskAttack, LoopsAreEndedInEveryPart) {
  for (const char* body : {"while true do end", "http.get('https://x') while true do pcall(error) end",
                           "http.get('https://x') coroutine.wrap(function() while true do end end)()",
                           "http.get('https://x'); ('a'):rep(3000):find('.-.-.-b$')"}) {
    Question question(body);
    State state = question.start();
    if (state == State::waiting) state = question.answer(200, "");
    EXPECT_EQ(state, State::failed) << body;
    EXPECT_EQ(question.script.runner->failure(), Failure::budget) << question.error();
    Question calm("return allow('x')");
    EXPECT_EQ(calm.verdict(), "allow x");
  }
}

TEST(TaskAttack, NobodyWaitsWhereNobodyCanGoOn) {
  const std::pair<const char*, const char*> rows[] = {
      {"coroutine.yield()", "on_authenticate yields, and nobody resumes it"},
      {"coroutine.wrap(function() http.get('https://x') end)()", "http has to be called outside of coroutines"},
      {"table.sort({3, 2, 1}, function() http.get('https://x') end)", "http cannot wait within a function"},
      {"('x'):gsub('x', function() http.get('https://x') end)", "http cannot wait within a function"},
      {"return setmetatable({}, {__index = function() http.get('https://x') end}).x and nil", "on_authenticate"},
  };
  for (const auto& [body, error] : rows) {
    Question question(body);
    const State state = question.start();
    if (state == State::waiting) continue;  // metamethods may wait
    EXPECT_EQ(state, State::failed) << body;
    EXPECT_THAT(question.error(), HasSubstr(error)) << body;
  }
  Script outside = Script::body("http.get('https://x')");
  EXPECT_THAT(outside.answer(), HasSubstr("only on_authenticate may wait for http"));
}

TEST(TaskAttack, GrantsThatWereWrittenIntoAreRefused) {
  for (const char* body :
       {"a[1] = {}", "a[1] = nil", "a[2] = 5", "a[2] = print", "a[3] = 1e300", "a[3] = 0/0", "a[3] = -1"}) {
    Question question(std::string("local a = allow('x', {}) ") + body + " return a");
    EXPECT_EQ(question.start(), State::failed) << body;
    EXPECT_EQ(question.script.runner->failure(), Failure::result) << question.error();
  }
}

TEST(TaskAttack, RequestsAreBounded) {
  EXPECT_THAT(verdict("local h = {} for i = 1, 65 do h['x' .. i] = 'y' end http.get('https://x', {headers = h})"),
              HasSubstr("more than 64 headers"));
  EXPECT_THAT(verdict("http.get('https://x', {timeout = 0})"), HasSubstr("timeout is not from"));
  EXPECT_THAT(verdict("http.get('https://x', {body = 'x'})"), HasSubstr("no option 'body'"));
  EXPECT_THAT(verdict("http.get('https://x', {headers = {x = 5}})"), HasSubstr("a header is a number"));
  EXPECT_THAT(verdict("http.get({})"), HasSubstr("string expected"));
}

TEST(TaskAttack, AnswersThatAreTooLargeFailTheQuestionOnly) {
  Question question("local a = http.get('https://x') return allow('a', {x = #a.body})");
  ASSERT_EQ(question.start(), State::waiting);
  EXPECT_EQ(question.answer(200, std::string(3U << 20U, 'x')), State::failed);
  EXPECT_EQ(question.script.runner->failure(), Failure::memory) << question.error();
}

TEST(Crypto, ComparesAndHashes) {
  EXPECT_EQ(value("crypto.equal('abc', 'abc')"), "true");
  EXPECT_EQ(value("crypto.equal('abc', 'abd')"), "false");
  EXPECT_EQ(value("crypto.equal('abc', 'ab')"), "false");
  EXPECT_EQ(value("crypto.equal('', '')"), "true");
  EXPECT_EQ(value("hex.encode(crypto.sha256('abc'))"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(value("hex.encode(crypto.hmac_sha256('key', 'The quick brown fox jumps over the lazy dog'))"),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_EQ(value("base64.encode('hello') .. base64.decode('aGVsbG8=') .. base64.decode('aGVsbG8')"),
            "aGVsbG8=hellohello");
  EXPECT_EQ(value("base64.decode('a*')"), "nil");
  EXPECT_EQ(value("hex.decode('4A4b') .. tostring(hex.decode('4')) .. tostring(hex.decode('4x'))"), "JKnilnil");
  EXPECT_EQ(value("#base64.encode(('x'):rep(1 << 20))"), "1398104");
}

}  // namespace
}  // namespace lua::testing
