#include "api/scram_credential.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "base/base64.h"

namespace meerkat::api {
namespace {

const EVP_MD* digest_of(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::sha_256 ? EVP_sha256() : EVP_sha512();
}

Bytes keyed(const EVP_MD* digest, ByteView key, std::string_view text) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), as_bytes(text).data(), text.size(), out.data(), &size);
  out.resize(size);
  return out;
}

Bytes hashed(const EVP_MD* digest, const Bytes& bytes) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, digest, nullptr);
  out.resize(size);
  return out;
}

}  // namespace

ScramMechanism scram_mechanism(int8_t number) {
  return number == 1 ? ScramMechanism::sha_256 : number == 2 ? ScramMechanism::sha_512 : ScramMechanism::unknown;
}

std::string_view scram_name(ScramMechanism mechanism) {
  switch (mechanism) {
    case ScramMechanism::sha_256:
      return "SCRAM-SHA-256";
    case ScramMechanism::sha_512:
      return "SCRAM-SHA-512";
    default:
      return "";
  }
}

std::string scram_credential(ScramMechanism mechanism, ByteView salt, ByteView salted_password, int32_t iterations) {
  const EVP_MD* digest = digest_of(mechanism);
  const Bytes stored_key = hashed(digest, keyed(digest, salted_password, "Client Key"));
  const Bytes server_key = keyed(digest, salted_password, "Server Key");
  return "salt=" + to_base64(salt) + ",stored_key=" + to_base64(stored_key) + ",server_key=" + to_base64(server_key) +
         ",iterations=" + std::to_string(iterations);
}

int32_t scram_iterations(std::string_view credential) {
  constexpr std::string_view kKey = "iterations=";
  while (!credential.empty()) {
    const std::string_view part = credential.substr(0, credential.find(','));
    int32_t n = 0;
    if (part.starts_with(kKey) && absl::SimpleAtoi(std::string(part.substr(kKey.size())), &n)) return n;
    credential.remove_prefix(std::min(part.size() + 1, credential.size()));
  }
  return 0;
}

}  // namespace meerkat::api
