// The examples of the standards.
#include <gtest/gtest.h>

#include "common/jose/accept.hpp"

namespace jose {
namespace {

constexpr std::string_view kClaims =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

struct Example {
  const char* name;
  std::string token;
  std::string_view key;
};

// RFC 7515, A.2 to A.4 (keys in the form of RFC 7517), and RFC 8037, A.1 to A.5.
const Example kExamples[] = {
    {"RS256",
     "eyJhbGciOiJSUzI1NiJ9" + std::string(kClaims) +
         "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
         "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
         "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
         "cN_IoypGlUPQGe77Rw",
     R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d)"
     R"(4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQO)"
     R"(S-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs)"
     R"(91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})"},
    {"ES256",
     "eyJhbGciOiJFUzI1NiJ9" + std::string(kClaims) +
         "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
     R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
     R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"},
    {"ES512",
     "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
     "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZC"
     "PEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
     R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUx)"
     R"(cWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})"},
    {"EdDSA",
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
     R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"},
};

TEST(Rfc, ExamplesHold) {
  for (const Example& example : kExamples) {
    const auto token = Token::parse(example.token);
    ASSERT_TRUE(token) << example.name << token.error().text;
    const auto set = KeySet::from_jwks(R"({"keys":[)" + std::string(example.key) + "]}");
    ASSERT_TRUE(set) << example.name;
    ASSERT_EQ(set->keys.keys().size(), 1u) << example.name << set->skipped.size();
    const auto good = check_signature(*token, set->keys, AlgorithmSet::all());
    EXPECT_TRUE(good) << example.name << good.error().text;
  }
}

TEST(Rfc, ExamplesDoNotHoldWithAnotherSignatureOrPayload) {
  for (const Example& example : kExamples) {
    const auto set = KeySet::from_jwks(R"({"keys":[)" + std::string(example.key) + "]}");
    for (const std::size_t place : {example.token.find('.') + 3, example.token.rfind('.') + 3}) {
      std::string changed = example.token;
      changed[place] = changed[place] == 'A' ? 'B' : 'A';
      const auto token = Token::parse(changed);
      ASSERT_TRUE(token) << example.name;
      EXPECT_EQ(check_signature(*token, set->keys, AlgorithmSet::all()).error().text,
                "the signature of the token is wrong")
          << example.name;
    }
  }
}

TEST(Rfc, TheUnsecuredTokenIsNone) {
  // RFC 7519, 6.1.
  EXPECT_FALSE(Token::parse("eyJhbGciOiJub25lIn0" + std::string(kClaims)));
}

TEST(Rfc, TheHmacTokenIsNone) {
  // RFC 7515, A.1.
  EXPECT_FALSE(Token::parse("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" + std::string(kClaims) +
                            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
}

}  // namespace
}  // namespace jose
