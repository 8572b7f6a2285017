#include "controller/term.h"

namespace meerkat::controller {

void Term::flush() {
  if (store.lost()) {
    requests.clear();
  } else if (!requests.empty()) {
    requests.send(context, settings.broker_id, settings.inter_broker_listener, channels);
  }
}

}  // namespace meerkat::controller
