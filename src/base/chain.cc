#include "base/chain.h"

#include <cassert>

namespace meerkat {
namespace {

int64_t size_of(const Chain::Part& part) {
  if (auto* bytes = std::get_if<Bytes>(&part)) return static_cast<int64_t>(bytes->size());
  if (auto* view = std::get_if<SharedView>(&part)) return static_cast<int64_t>(view->bytes.size());
  return std::get<FileRange>(part).length;
}

}  // namespace

void Chain::append(Bytes bytes) {
  if (bytes.empty()) return;
  parts_.emplace_back(std::move(bytes));
}

void Chain::append(SharedView view) {
  if (view.bytes.empty()) return;
  parts_.emplace_back(std::move(view));
}

void Chain::append(FileRange range) {
  if (range.length == 0) return;
  assert(range.file != nullptr && range.length > 0);
  parts_.emplace_back(std::move(range));
}

Bytes& Chain::tail() {
  if (parts_.empty() || !std::holds_alternative<Bytes>(parts_.back())) parts_.emplace_back(Bytes{});
  return std::get<Bytes>(parts_.back());
}

int64_t Chain::size() const {
  int64_t total = 0;
  for (const auto& part : parts_) total += size_of(part);
  return total;
}

Bytes Chain::flatten() const {
  Bytes out;
  out.reserve(static_cast<size_t>(size()));
  for (const auto& part : parts_) {
    if (auto* bytes = std::get_if<Bytes>(&part)) {
      out.insert(out.end(), bytes->begin(), bytes->end());
    } else if (auto* view = std::get_if<SharedView>(&part)) {
      out.insert(out.end(), view->bytes.begin(), view->bytes.end());
    } else {
      const auto& range = std::get<FileRange>(part);
      auto at = out.size();
      out.resize(at + static_cast<size_t>(range.length));
      // What cannot be read stays zero: the size was promised to the receiver already.
      [[maybe_unused]] auto got = range.file->pread(MutableBytes(out).subspan(at), range.offset);
    }
  }
  return out;
}

}  // namespace meerkat
