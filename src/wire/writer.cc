#include "wire/writer.h"

#include <cassert>
#include <cstring>
#include <memory>

namespace meerkat::wire {
namespace {

constexpr size_t kFirstRoom = 4096;
// A thread that once wrote something huge does not keep the memory.
constexpr size_t kKeptRoom = 1 << 20;
// Below this, a copy is cheaper than one more part to keep alive and send.
constexpr size_t kWorthReference = 512;

}  // namespace

struct Writer::Scratch {
  std::unique_ptr<uint8_t[]> buffer{new uint8_t[kFirstRoom]};
  size_t size = kFirstRoom;
  std::vector<Splice> splices;
  bool taken = false;
};

Writer::Scratch& Writer::scratch() {
  static thread_local Scratch mine;
  return mine;
}

Writer::Writer(int16_t version, bool flexible, const UnknownTags* unknown)
    : version_(version),
      flexible_(flexible),
      unknown_(unknown),
      scratch_(scratch()),
      at_(scratch_.buffer.get()),
      end_(at_ + scratch_.size) {
  assert(!scratch_.taken);
  scratch_.taken = true;
  scratch_.splices.clear();
}

Writer::~Writer() {
  scratch_.taken = false;
  if (scratch_.size <= kKeptRoom) return;
  scratch_.buffer.reset(new uint8_t[kFirstRoom]);
  scratch_.size = kFirstRoom;
}

size_t Writer::position() const { return static_cast<size_t>(at_ - scratch_.buffer.get()); }

void Writer::grow(size_t size) {
  size_t used = position();
  size_t wanted = std::max(scratch_.size * 2, used + size);
  std::unique_ptr<uint8_t[]> bigger(new uint8_t[wanted]);
  std::memcpy(bigger.get(), scratch_.buffer.get(), used);
  scratch_.buffer = std::move(bigger);
  scratch_.size = wanted;
  at_ = scratch_.buffer.get() + used;
  end_ = scratch_.buffer.get() + wanted;
}

void Writer::records(const RecordsField& records) {
  bool owned = records.owner != nullptr || records.view.empty();
  if (records.files.empty() && (!owned || records.view.size() < kWorthReference)) {
    bytes(records.view);
    return;
  }
  if (!owned) bytes(records.view);
  scratch_.splices.push_back({position(), &records});
}

size_t Writer::begin_sized() {
  size_t start = position();
  room(1);
  ++at_;
  return start;
}

void Writer::end_sized(size_t start) {
  auto size = static_cast<uint32_t>(position() - start - 1);
  size_t extra = uvarint_size(size) - 1;
  room(extra);
  uint8_t* content = scratch_.buffer.get() + start + 1;
  if (extra > 0) std::memmove(content + extra, content, size);
  at_ += extra;
  write_uvarint(content - 1, size);
}

void Writer::fail(const char* field, const char* reason) {
  if (failed_) return;
  failed_ = true;
  field_ = field;
  reason_ = reason;
}

std::string Writer::error() const {
  return std::string("field ") + field_ + ' ' + reason_ + " in version " + std::to_string(version_);
}

void Writer::move_to(Chain& out) {
  const uint8_t* begin = scratch_.buffer.get();
  size_t total = position();
  if (scratch_.splices.empty()) {
    Bytes& tail = out.tail();
    tail.insert(tail.end(), begin, begin + total);
    return;
  }
  // One block for everything that is not records; the parts between records are views of it.
  auto block = std::make_shared<Bytes>(begin, begin + total);
  auto view = [&](size_t from, size_t to) { out.append(SharedView{block, ByteView(block->data() + from, to - from)}); };
  size_t done = 0;
  out.parts().reserve(out.parts().size() + 2 * scratch_.splices.size() + 1);
  for (const Splice& splice : scratch_.splices) {
    view(done, splice.position);
    done = splice.position;
    if (splice.records->owner != nullptr) out.append(SharedView{splice.records->owner, splice.records->view});
    for (const FileRange& range : splice.records->files) out.append(range);
  }
  view(done, total);
}

Bytes Writer::flatten() {
  if (scratch_.splices.empty()) return Bytes(scratch_.buffer.get(), at_);
  Chain chain;
  move_to(chain);
  return chain.flatten();
}

}  // namespace meerkat::wire
