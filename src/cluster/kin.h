// How Meerkat brokers know each other among Java ones, by what no other broker minds: the software name that an
// ApiVersions request carries (KIP-511), and a feature that is named in the answer to that name alone (KIP-584).
#pragma once

namespace meerkat::cluster {

/// client_software_name of a Meerkat broker that asks another broker.
inline constexpr char kKinSoftware[] = "meerkat-broker";
/// The supported feature by which a Meerkat broker answers; versions 1 to 1.
inline constexpr char kKinFeature[] = "meerkat.broker";

}  // namespace meerkat::cluster
