// Whether the broker at the other end of a connection is Meerkat too; see cluster/kin.h.
#pragma once

#include <functional>

#include "net/outbound.h"

namespace meerkat::controller {

/// Asks; `on_kin` is called on the loop if it is, and never otherwise, nor after the connection is destroyed. To be
/// asked anew on each connection: another process may listen there.
void ask_for_kin(net::Outbound& connection, std::function<void()> on_kin);

}  // namespace meerkat::controller
