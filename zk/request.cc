#include "zk/request.h"

namespace meerkat::zk {

const std::string& path_of(const Op& op) {
  return std::visit([](const auto& o) -> const std::string& { return o.path; }, op);
}

const std::string& path_of(const Request& request) {
  static const std::string kNone;
  return std::visit(
      [](const auto& r) -> const std::string& {
        if constexpr (requires { r.ops; }) {
          return r.ops.empty() ? kNone : path_of(r.ops.front());
        } else {
          return r.path;
        }
      },
      request);
}

ZkError Response::error() const {
  const std::string* culprit = &path;
  for (const auto& op : ops) {
    if (op.code == code) {
      culprit = &op.path;
      break;
    }
  }
  return {code, *culprit + ": " + name(code)};
}

}  // namespace meerkat::zk
