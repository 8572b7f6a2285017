#include "wire/codec.h"

#include <glog/logging.h>

namespace meerkat::wire {

void report_loss(std::string_view message, const Writer& out) {
  LOG(ERROR) << "A message lost a part of its meaning: " << out.error() << ". " << message;
}

}  // namespace meerkat::wire
