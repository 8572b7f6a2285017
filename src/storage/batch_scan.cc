#include "storage/batch_scan.h"

#include <algorithm>
#include <cstring>

namespace meerkat::storage {
namespace {

constexpr size_t kSequentialChunk = size_t{1} << 20;

}  // namespace

BatchScan::BatchScan(const File& file, int64_t from, int64_t to, size_t chunk, ReadFrom source)
    : file_(file), position_(from), next_(from), end_(to), chunk_(chunk), source_(source) {}

Scan BatchScan::next() {
  position_ = next_;
  if (position_ >= end_) return Scan::end;
  auto buffered = static_cast<int64_t>(buffer_.size());
  bool have =
      position_ >= buffer_at_ && position_ + static_cast<int64_t>(record::kMaxHeaderSize) <= buffer_at_ + buffered;
  if (!have && (position_ < buffer_at_ || buffer_at_ + buffered < end_ || buffered == 0)) {
    buffer_.resize(static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(chunk_), end_ - position_)));
    auto got = file_.pread(buffer_, position_, source_);
    if (!got) {
      error_ = got.error();
      return Scan::failed;
    }
    buffer_.resize(*got);
    buffer_at_ = position_;
  }
  auto rest = ByteView(buffer_).subspan(static_cast<size_t>(position_ - buffer_at_));
  auto left = static_cast<int32_t>(std::min<int64_t>(end_ - position_, INT32_MAX));
  if (record::peek(rest, batch_, left) != record::Peek::ok) return Scan::corrupt;
  next_ = position_ + batch_.size;
  return Scan::batch;
}

Result<record::AnyBatch> BatchScan::load() {
  whole_.resize(static_cast<size_t>(batch_.size));
  auto got = file_.pread(whole_, position_);
  if (!got) return got.failure();
  record::AnyBatch whole;
  if (*got != whole_.size() || record::peek(whole_, whole) != record::Peek::ok || whole.size != batch_.size) {
    return fail("the batch at position " + std::to_string(position_) + " of " + file_.path() + " has changed");
  }
  whole.bytes = whole_;
  return whole;
}

FullScan::FullScan(const File& file, int64_t from, int64_t to) : file_(file), position_(from), next_(from), end_(to) {
  if (to - from >= ReadAhead::kWorthwhile) ahead_ = std::make_unique<ReadAhead>(file, from, to);
}

Result<ByteView> FullScan::read_more(size_t wanted) {
  if (ahead_) return ahead_->next(window_);
  const size_t have = window_.size();
  if (have > 0) std::memmove(buffer_.data(), window_.data(), have);  // an empty buffer has no address
  auto capacity = std::min(static_cast<size_t>(end_ - next_), std::max(wanted, kSequentialChunk));
  if (buffer_.size() < capacity) buffer_.resize(capacity);
  auto got = file_.pread(MutableBytes(buffer_).subspan(have, capacity - have), next_ + static_cast<int64_t>(have));
  if (!got) return got.failure();
  return ByteView(buffer_).subspan(0, have + *got);
}

bool FullScan::fill(size_t wanted) {
  while (window_.size() < wanted) {
    const size_t before = window_.size();
    auto more = read_more(wanted);
    if (!more) {
      error_ = more.error();
      return false;
    }
    window_ = *more;
    if (window_.size() == before) break;  // the file is shorter than it was
  }
  return true;
}

Scan FullScan::next() {
  position_ = next_;
  int64_t left = end_ - next_;
  if (left <= 0) return Scan::end;
  if (!fill(static_cast<size_t>(std::min<int64_t>(left, record::kMaxHeaderSize)))) return Scan::failed;
  auto limit = static_cast<int32_t>(std::min<int64_t>(left, INT32_MAX));
  if (record::peek(window_, batch_, limit) != record::Peek::ok) return Scan::corrupt;
  auto size = static_cast<size_t>(batch_.size);
  if (!fill(size)) return Scan::failed;
  if (window_.size() < size) return Scan::corrupt;
  record::peek(window_, batch_, limit);
  batch_.bytes = window_.subspan(0, size);
  next_ += batch_.size;
  window_ = window_.subspan(size);
  return Scan::batch;
}

}  // namespace meerkat::storage
