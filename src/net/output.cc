#include "net/output.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace meerkat::net {

namespace {

constexpr int kMaxParts = 64;
// Up to this a copy is cheaper than a sendfile of its own.
constexpr int64_t kCopiedRange = 8 << 10;
// Of a file without a descriptor, read at once.
constexpr int64_t kCopyPiece = 64 << 10;

ByteView memory_of(const Chain::Part& part) {
  if (const auto* bytes = std::get_if<Bytes>(&part)) return *bytes;
  if (const auto* view = std::get_if<SharedView>(&part)) return view->bytes;
  return {};
}

int64_t size_of(const Chain::Part& part) {
  if (const auto* range = std::get_if<FileRange>(&part)) return range->length;
  return static_cast<int64_t>(memory_of(part).size());
}

}  // namespace

void Output::push(Chain body) {
  if (head_ >= 64) {  // a queue that never runs empty
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
  const int64_t size = body.size();
  Message& message = messages_.emplace_back();
  store_be<int32_t>(message.length, static_cast<int32_t>(size));
  message.body = std::move(body);
  pending_ += 4 + size;
}

void Output::clear() {
  messages_.clear();
  head_ = 0;
  part_ = -1;
  offset_ = pending_ = 0;
}

Output::Outcome Output::write(Transport& to, ColdReads* cold) {
  written_ = 0;
  while (!empty()) {
    if (written_ >= kTurn) return Outcome::turn;
    const FileRange* range = file_at_head();
    switch (range && range->length > kCopiedRange ? write_file(to, cold, *range) : write_memory(to, cold)) {
      case Step::more:
        break;
      case Step::blocked:
        return Outcome::blocked;
      case Step::cold:
        return Outcome::cold;
      case Step::broken:
        return Outcome::broken;
      case Step::unreadable:
        return Outcome::unreadable;
    }
  }
  return Outcome::done;
}

const FileRange* Output::file_at_head() const {
  return part_ < 0 ? nullptr : std::get_if<FileRange>(&messages_[head_].body.parts()[part_]);
}

Output::Step Output::write_memory(Transport& to, ColdReads* cold) {
  iovec parts[kMaxParts];
  int count = 0;
  int64_t total = 0;
  bool file_follows = false;
  const auto add = [&](ByteView bytes, int64_t from) {
    if (from == static_cast<int64_t>(bytes.size())) return;
    parts[count++] = {const_cast<uint8_t*>(bytes.data() + from), bytes.size() - from};
    total += static_cast<int64_t>(bytes.size()) - from;
  };
  Step trouble = Step::more;
  int64_t offset = offset_;
  int part = part_;
  for (size_t m = head_; m < messages_.size() && count < kMaxParts && total < kTurn && !file_follows; ++m, part = -1) {
    Message& message = messages_[m];
    if (part < 0) {
      add({message.length, 4}, offset);
      offset = 0;
      part = 0;
    }
    auto& body = message.body.parts();
    for (; part < static_cast<int>(body.size()) && count < kMaxParts && total < kTurn; ++part, offset = 0) {
      if (const auto* range = std::get_if<FileRange>(&body[part])) {
        if (range->length > kCopiedRange || !load(body[part], cold, &trouble)) {
          file_follows = true;
          break;
        }
      }
      add(memory_of(body[part]), offset);
    }
  }
  if (count == 0) return trouble;
  const ssize_t n = to.writev(parts, count, file_follows && trouble == Step::more);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return Step::blocked;
    error_ = std::strerror(errno);
    return Step::broken;
  }
  advance(n);
  return n < total ? Step::blocked : Step::more;
}

// Puts the bytes of a small file range in its place. False: not now, or never (`trouble`).
bool Output::load(Chain::Part& part, ColdReads* cold, Step* trouble) {
  const auto& range = std::get<FileRange>(part);
  Bytes bytes(range.length);
  auto read = ColdReads::Read::failed;
  if (cold) {
    read = cold->read_now(range, bytes);
  } else {
    const auto got = range.file->pread(bytes, range.offset);
    if (got.ok() && *got == bytes.size()) read = ColdReads::Read::done;
  }
  if (read == ColdReads::Read::done) {
    part = std::move(bytes);
    return true;
  }
  if (read == ColdReads::Read::cold) cold_range_ = range;
  *trouble = read == ColdReads::Read::cold ? Step::cold : unreadable(range, "it ends too early or cannot be read");
  return false;
}

Output::Step Output::write_file(Transport& to, ColdReads* cold, const FileRange& range) {
  int64_t length = range.length - offset_;
  if (length > kTurn - written_ + kLeftOver) length = kTurn - written_;
  FileRange rest{range.file, range.offset + offset_, length};
  if (cold && !cold->resident(rest)) {
    // Beyond this turn's share: a reader that catches up will want that next.
    rest.length = std::min(range.length - offset_, 2 * kTurn);
    cold_range_ = std::move(rest);
    return Step::cold;
  }
  ssize_t n;
  if (range.file->fd() >= 0) {
    n = to.sendfile(range.file->fd(), rest.offset, rest.length);
    if (n == 0) return unreadable(range, "it ends too early");
  } else {
    rest.length = std::min(rest.length, kCopyPiece);
    Bytes piece(rest.length);
    const auto got = range.file->pread(piece, rest.offset);
    if (!got.ok() || *got == 0) {
      return unreadable(range, got.ok() ? "it ends too early" : got.error().message);
    }
    rest.length = static_cast<int64_t>(*got);
    const iovec from{piece.data(), *got};
    n = to.writev(&from, 1, false);
  }
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return Step::blocked;
    error_ = std::strerror(errno);
    return Step::broken;
  }
  const bool all = n == rest.length;
  advance(n);
  return all ? Step::more : Step::blocked;
}

void Output::advance(int64_t n) {
  written_ += n;
  pending_ -= n;
  offset_ += n;
  while (head_ < messages_.size()) {
    auto& body = messages_[head_].body.parts();
    for (; part_ < static_cast<int>(body.size()); ++part_) {
      const int64_t size = part_ < 0 ? 4 : size_of(body[part_]);
      if (offset_ < size) return;
      offset_ -= size;
    }
    messages_[head_++].body = Chain();
    part_ = -1;
  }
  messages_.clear();
  head_ = 0;
  if (messages_.capacity() > 16) messages_.shrink_to_fit();  // an idle connection keeps little
}

Output::Step Output::unreadable(const FileRange& range, const std::string& why) {
  error_ = "cannot read " + std::to_string(range.length) + " bytes at " + std::to_string(range.offset) + " of " +
           range.file->path() + ": " + why;
  return Step::unreadable;
}

}  // namespace meerkat::net
