// Broker configs: keys, certificates and protocols.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr std::string_view kClientAuth[] = {"required", "requested", "none"};

constexpr Definition kRows[] = {
    {"ssl.client.auth", string, "none", one_of(kClientAuth), medium, per_broker, inert,
     "Whether clients must show a certificate, may, or are not asked."},
    {"ssl.protocol", string, "TLSv1.3", kAny, medium, per_broker, inert, "TLS version that contexts are made for."},
    {"ssl.enabled.protocols", list, "TLSv1.2,TLSv1.3", kAny, medium, per_broker, inert,
     "TLS versions that connections may use."},
    {"ssl.cipher.suites", list, "", kAny, medium, per_broker, inert,
     "Cipher suites that connections may use; empty leaves it to the library."},
    {"ssl.keystore.location", string, nullptr, kAny, medium, per_broker, inert,
     "File with the broker's key and certificate."},
    {"ssl.keystore.password", password, nullptr, kAny, medium, per_broker, inert, "Password of the key store."},
    {"ssl.keystore.type", string, "JKS", kAny, medium, per_broker, inert,
     "Format of the key store: JKS, PKCS12 or PEM."},
    {"ssl.keystore.key", password, nullptr, kAny, medium, per_broker, inert,
     "The broker's private key itself, in PEM."},
    {"ssl.keystore.certificate.chain", password, nullptr, kAny, medium, per_broker, inert,
     "The broker's certificate chain itself, in PEM."},
    {"ssl.key.password", password, nullptr, kAny, medium, per_broker, inert, "Password of the private key."},
    {"ssl.truststore.location", string, nullptr, kAny, medium, per_broker, inert,
     "File with the certificates that others are checked against."},
    {"ssl.truststore.password", password, nullptr, kAny, medium, per_broker, inert, "Password of the trust store."},
    {"ssl.truststore.type", string, "JKS", kAny, medium, per_broker, inert,
     "Format of the trust store: JKS, PKCS12 or PEM."},
    {"ssl.truststore.certificates", password, nullptr, kAny, medium, per_broker, inert,
     "The trusted certificates themselves, in PEM."},
    {"ssl.endpoint.identification.algorithm", string, "https", kAny, low, per_broker, inert,
     "How a server's name is compared with its certificate; empty skips the comparison."},
    {"ssl.principal.mapping.rules", string, "DEFAULT", kAny, low, read_only, inert,
     "Rules that shorten a certificate's subject to a user name."},
    {"ssl.engine.factory.class", klass, nullptr, kAny, low, per_broker, inert, "Java class that makes TLS engines."},
    {"ssl.keymanager.algorithm", string, "SunX509", kAny, medium, per_broker, inert,
     "Java's algorithm for key managers."},
    {"ssl.trustmanager.algorithm", string, "PKIX", kAny, medium, per_broker, inert,
     "Java's algorithm for trust managers."},
    {"ssl.provider", string, nullptr, kAny, medium, per_broker, inert, "Java's TLS provider."},
    {"ssl.secure.random.implementation", string, nullptr, kAny, low, per_broker, inert,
     "Java's random generator for TLS."},
    {"ssl.allow.dn.changes", boolean, "false", kAny, low, read_only, inert,
     "Whether a renewed certificate may bear another subject."},
    {"ssl.allow.san.changes", boolean, "false", kAny, low, read_only, inert,
     "Whether a renewed certificate may bear other alternative names."},
};

}  // namespace

ConfigGroup tls_configs() { return {Group::tls, "TLS", kRows}; }

}  // namespace meerkat::config
