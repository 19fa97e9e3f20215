#include "identity/authentication.hpp"

#include <trellis/keeping/message.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

trellis_auth_answer denial(trellis_status status, std::string_view reason) {
  trellis_auth_answer answer{};
  answer.struct_size = sizeof answer;
  answer.verdict = TRELLIS_AUTH_DENY;
  answer.status = status;
  answer.reason = view_of(reason);
  return answer;
}

// Credentials that outlive the call, for asking the next authenticator after a late "not mine".
struct KeptCredentials {
  explicit KeptCredentials(const trellis_credentials& from) : facts(from) {
    for (trellis_view* view :
         {&facts.name_space, &facts.listener, &facts.protocol, &facts.peer, &facts.client_id, &facts.username,
          &facts.password, &facts.authentication_method, &facts.authentication_data}) {
      *view = texts.keep(*view);
    }
    for (std::uint32_t i = 0; i < facts.certificate_count; ++i)
      certificates.push_back(texts.keep(facts.certificates[i]));
    facts.certificates = certificates.data();
    facts.user_properties = texts.keep(facts.user_properties, facts.user_property_count);
  }
  trellis_credentials facts;
  KeptTexts texts;
  std::vector<trellis_view> certificates;
};

}  // namespace

struct Authentication::Question {
  Connection* connection;
  std::shared_ptr<const AuthenticationChain> chain;
  trellis_token token = 0;
  bool again = false;                                      // a client that is let in already proves itself
  std::size_t current = 0;                                 // the authenticator that is asked
  std::unique_ptr<KeptCredentials> credentials = nullptr;  // while its answer is awaited
};

Authentication::Authentication(Shard& shard, const AuthenticationMetrics& metrics)
    : shard_(shard), metrics_(metrics), questions_(shard, [this](Question& question) { late(question); }) {}

Authentication::~Authentication() = default;

void Authentication::ask(Connection& connection, std::shared_ptr<const AuthenticationChain> chain,
                         const trellis_credentials& credentials) {
  Question* question = questions_.find(connection.question);
  const bool continues = (credentials.flags & TRELLIS_CREDENTIALS_CONTINUES) != 0;
  if (question == nullptr || !continues) {
    if (question != nullptr) erase(*question);
    connection.question = questions_.add({&connection, std::move(chain)});
    question = questions_.find(connection.question);
    question->token = connection.question;
    question->again = (credentials.flags & TRELLIS_CREDENTIALS_REAUTHENTICATES) != 0;
  }
  ask_from(*question, question->current, credentials);
}

void Authentication::ask_from(Question& question, std::size_t first, const trellis_credentials& credentials) {
  const auto& chain = question.chain->authenticators;
  const trellis_token token = question.token;
  for (std::size_t i = first; i < chain.size(); ++i) {
    question.current = i;
    trellis_auth_answer answer{};
    answer.struct_size = sizeof answer;
    chain[i].table->authenticate(chain[i].shard_state, &credentials, token, &answer);
    if (answer.verdict == TRELLIS_AUTH_PENDING) {
      question.connection->set_waiting(true);
      question.credentials = std::make_unique<KeptCredentials>(credentials);
      shard_.count(metrics_.pending, 1);
      questions_.set_deadline(token, question.chain->deadline_ms);
      return;
    }
    if (answer.verdict == TRELLIS_AUTH_DEFER) continue;
    answered(question, answer);
    return;
  }
  const bool method = (credentials.flags & TRELLIS_CREDENTIALS_HAS_METHOD) != 0;
  finish(question, method ? denial(TRELLIS_BAD_METHOD, "no authenticator knows this authentication method")
                          : denial(TRELLIS_NOT_AUTHORIZED, "no authenticator accepts these credentials"));
}

void Authentication::complete(trellis_token token, const trellis_auth_answer& answer) {
  Question* const question = questions_.find(token);
  if (question == nullptr || question->credentials == nullptr) {
    shard_.count(metrics_.late, 1);
    return;
  }
  questions_.end_deadline(token);
  const auto credentials = std::move(question->credentials);
  if (answer.verdict == TRELLIS_AUTH_DEFER) {
    ask_from(*question, question->current + 1, credentials->facts);
  } else {
    answered(*question, answer);
  }
}

void Authentication::answered(Question& question, const trellis_auth_answer& answer) {
  if (answer.verdict == TRELLIS_AUTH_ALLOW || answer.verdict == TRELLIS_AUTH_DENY ||
      answer.verdict == TRELLIS_AUTH_CHALLENGE) {
    finish(question, answer);
    return;
  }
  log::seldom("identity", log::Level::error, "authenticator misbehaved: gave no verdict, which denies",
              {{"authenticator", question.chain->authenticators[question.current].name}});
  finish(question, denial(TRELLIS_INTERNAL, "authenticator gave no verdict"));
}

IdentityPtr Authentication::identity_for(const AuthenticatorBinding& binding, const trellis_auth_answer& answer) {
  const bool anonymous = answer.name.size == 0 && answer.attribute_count == 0 && answer.expires_at_ms == 0;
  if (anonymous) {
    if (const auto found = anonymous_.find(binding.name); found != anonymous_.end()) return found->second;
  }
  IdentityPtr identity(new Identity(text_of(answer.name), binding.name, answer.attributes, answer.attribute_count,
                                    answer.expires_at_ms, answer.flags));
  if (anonymous) anonymous_.emplace(binding.name, identity);
  return identity;
}

void Authentication::finish(Question& question, const trellis_auth_answer& answer) {
  Connection& connection = *question.connection;
  // What the connection holds, the session and its will among it, was given to one name.
  if (answer.verdict == TRELLIS_AUTH_ALLOW && question.again && connection.identity() != nullptr &&
      connection.identity()->name() != text_of(answer.name)) {
    return finish(question, denial(TRELLIS_NOT_AUTHORIZED, "the client proved to be somebody else"));
  }
  if (answer.verdict == TRELLIS_AUTH_ALLOW) {
    connection.set_identity(identity_for(question.chain->authenticators[question.current], answer));
  }
  if (answer.verdict != TRELLIS_AUTH_CHALLENGE) {  // else the client's next step belongs to the same question
    shard_.count(answer.verdict == TRELLIS_AUTH_ALLOW ? metrics_.allowed : metrics_.denied, 1);
    erase(question);
  }
  const Endpoint& endpoint = connection.endpoint();
  endpoint.protocol->on_authenticated(endpoint.protocol_shard, connection.user(), &answer);
  connection.set_waiting(false);
}

void Authentication::abandon(Connection& connection) {
  Question* const question = questions_.find(connection.question);
  if (question == nullptr) return;
  give_up(*question);
  erase(*question);
}

void Authentication::give_up(Question& question) {
  const AuthenticatorBinding& binding = question.chain->authenticators[question.current];
  if (binding.table->on_abandoned != nullptr) binding.table->on_abandoned(binding.shard_state, question.token);
}

void Authentication::erase(Question& question) {
  question.connection->question = 0;
  questions_.take(question.token);
}

void Authentication::late(Question& question) {
  shard_.count(metrics_.timeouts, 1);
  shard_.count(question.chain->authenticators[question.current].timeouts, 1);
  log::seldom("identity", log::Level::warn, "authenticator did not answer in time, the client is refused",
              {{"authenticator", question.chain->authenticators[question.current].name}});
  give_up(question);
  finish(question, denial(TRELLIS_UNAVAILABLE, "the authenticator did not answer in time"));
}

}  // namespace trellis::kernel
