#include "api/scram_credential.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace meerkat::api {
namespace {

// RFC 7677's example: the password "pencil".
TEST(ScramCredential, HasTheKeysOfTheSpecification) {
  const Bytes salt = *from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const Bytes salted = *from_base64("xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=");
  const std::string credential = scram_credential(ScramMechanism::sha_256, salt, salted, 4096);
  EXPECT_EQ(credential,
            "salt=W22ZaJ0SNY7soEsUEjb6gQ==,stored_key=WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
            "server_key=wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=,iterations=4096");
  EXPECT_EQ(scram_iterations(credential), 4096);
}

TEST(ScramCredential, Sha512HasLongerKeys) {
  const Bytes salted =
      *from_base64("LP46HBUWYrHqSdE/WVZ0ocZmrdcN8V09AiVOmQWZOHgmHadAf9EcL+5LCjDfUVSxp1L4ahM4Dd1L3Zp8lY7HaQ==");
  EXPECT_EQ(scram_credential(ScramMechanism::sha_512, as_bytes("salt"), salted, 8192),
            "salt=c2FsdA==,stored_key="
            "/0HobAjy5SWocoXto9Y01mm66KtsLls+Ca0AFKaR+rnrJlVwYv+XjuAR2bI+a4dDffNmz3zUyHR9+Sd9Bn/TMA==,server_key="
            "oghwiUlz2cdgskC3qVBg8eY1ErXyG4HxXs/plsFjtkjRr0Ey6qLmOz6JtGuxWSvu5fU2wuEAWVRSHPNyeBmWKQ==,iterations=8192");
}

TEST(ScramCredential, KnowsTwoMechanisms) {
  EXPECT_EQ(scram_name(scram_mechanism(1)), "SCRAM-SHA-256");
  EXPECT_EQ(scram_name(scram_mechanism(2)), "SCRAM-SHA-512");
  for (int number : {-1, 0, 3, 127}) {
    EXPECT_EQ(scram_mechanism(static_cast<int8_t>(number)), ScramMechanism::unknown) << number;
  }
}

TEST(ScramCredential, OtherTextsHaveNoIterations) {
  for (const char* text : {"", "iterations=", "iterations=x", "salt=a"}) EXPECT_EQ(scram_iterations(text), 0) << text;
}

}  // namespace
}  // namespace meerkat::api
