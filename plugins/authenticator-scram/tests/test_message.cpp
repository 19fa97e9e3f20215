// Messages of clients: what is read, and what is said about the rest.
#include <gtest/gtest.h>

#include "message.hpp"

namespace scram {
namespace {

TEST(ScramMessage, ReadsTheFirstOne) {
  std::string why;
  const auto first = read_client_first("y,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=fyko+d2l,ext=1", why);
  ASSERT_TRUE(first) << why;
  EXPECT_EQ(first->header, "y,a=a=2Cb=3Dc,");
  EXPECT_EQ(first->bare, "n=a=2Cb=3Dc,r=fyko+d2l,ext=1");
  EXPECT_EQ(first->user, "a,b=c");
  EXPECT_EQ(first->nonce, "fyko+d2l");
}

TEST(ScramMessage, RefusesOtherFirstOnes) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "the message does not begin with n,, or y,,"},
      {"n", "the user name n= or the nonce r= is missing"},
      {"n,,", "the user name n= or the nonce r= is missing"},
      {"x,,n=ada,r=1", "the message does not begin with n,, or y,,"},
      {"n=ada,r=1", "the message does not begin with n,, or y,,"},
      {"p=tls-unique,,n=ada,r=1", "channel binding is not offered here"},
      {"p=tls-exporter,,n=ada,r=1", "channel binding is not offered here"},
      {"n,eve,n=ada,r=1", "what stands for the identity to act as does not begin with a="},
      {"n,a=eve,n=ada,r=1", "nobody may act as somebody else"},
      {"n,a=,n=ada,r=1", "nobody may act as somebody else"},
      {"n,,m=must,n=ada,r=1", "the client demands an extension that is not known here"},
      {"n,,r=1,n=ada", "the user name n= or the nonce r= is missing"},
      {"n,,n=ada", "the user name n= or the nonce r= is missing"},
      {"n,,n=,r=1", "the user name is empty or wrongly encoded"},
      {"n,,n=a=b,r=1", "the user name is empty or wrongly encoded"},
      {"n,,n=a=2c,r=1", "the user name is empty or wrongly encoded"},
      {"n,,n=a=,r=1", "the user name is empty or wrongly encoded"},
      {"n,,n=ada,r=", "the nonce is empty, too long or not printable"},
      {"n,,n=ada,r=a b", "the nonce is empty, too long or not printable"},
      {"n,,n=ada,r=" + std::string(1, '\0'), "the nonce is empty, too long or not printable"},
      {"n,,n=ada,r=" + std::string(257, 'x'), "the nonce is empty, too long or not printable"},
      {"n,,n=" + std::string(5000, 'x') + ",r=1", "the message is too long"},
  };
  for (const auto& [message, expected] : cases) {
    std::string why;
    EXPECT_FALSE(read_client_first(message, why)) << message;
    EXPECT_EQ(why, expected) << message;
  }
}

TEST(ScramMessage, ReadsTheFinalOne) {
  std::string why;
  const auto message = read_client_final("c=biws,r=one,x=,p=,p=AAAA", why);
  ASSERT_TRUE(message) << why;
  EXPECT_EQ(message->without_proof, "c=biws,r=one,x=,p=") << "the last p= is the proof";
  EXPECT_EQ(message->binding, "biws");
  EXPECT_EQ(message->nonce, "one");
  EXPECT_EQ(message->proof, std::string(3, '\0'));
}

TEST(ScramMessage, RefusesOtherFinalOnes) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "the proof p= is missing at the end"},
      {"c=biws,r=one", "the proof p= is missing at the end"},
      {"p=AAAA", "the proof p= is missing at the end"},
      {"r=one,c=biws,p=AAAA", "the channel binding c= or the nonce r= is missing"},
      {"c=biws,p=AAAA", "the channel binding c= or the nonce r= is missing"},
      {"c=biws,r=one,p=A", "the proof is not base64"},
      {"c=biws,r=one,p=AAAA,x=1", "the proof is not base64"},
      {"n,,n=ada,r=1", "the proof p= is missing at the end"},
      {"c=" + std::string(5000, 'x') + ",r=1,p=AAAA", "the message is too long"},
  };
  for (const auto& [message, expected] : cases) {
    std::string why;
    EXPECT_FALSE(read_client_final(message, why)) << message;
    EXPECT_EQ(why, expected) << message;
  }
}

}  // namespace
}  // namespace scram
