#include "zk/producer_ids.h"

#include <limits>

#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::zk {

ZkResult<ProducerIdBlock> allocate_producer_ids(Session& session, int32_t broker_id) {
  while (true) {
    Response now = session.run(Get{paths::kProducerIdBlock});
    if (now.code == Code::no_node) {
      if (ZkStatus made = ensure_path(session, paths::kProducerIdBlock); !made) return made.failure();
      continue;
    }
    if (!now.ok()) return Fail(now.error());
    int64_t first = 0;
    if (now.data && !now.data->empty()) {
      auto last = decode_producer_id_block(*now.data);
      if (!last) return zk_fail(Code::malformed, last.error().message);
      if (last->last > std::numeric_limits<int64_t>::max() - kProducerIdBlockSize) {
        return zk_fail(Code::system_error, "all producer ids of this cluster have been used");
      }
      first = last->last + 1;
    }
    ProducerIdBlock block{broker_id, first, first + kProducerIdBlockSize - 1};
    std::string payload = encode(block);
    Response written = session.run(SetData{paths::kProducerIdBlock, payload, now.stat.version});
    if (written.ok()) return block;
    if (written.code != Code::bad_version) return Fail(written.error());
    if (written.resent) {  // was it the first copy of our own request that raised the version?
      Response after = session.run(Get{paths::kProducerIdBlock});
      if (after.ok() && after.data == payload) return block;
    }
  }
}

}  // namespace meerkat::zk
