#include "net/cold_reads.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace meerkat::net {

namespace {

// About the kernel's read-ahead: what is missing is missing in pieces of this order.
constexpr int64_t kProbeStep = 256 << 10;
constexpr int64_t kReadPiece = 128 << 10;

bool byte_resident(int fd, int64_t at) {
  char byte;
  iovec to{&byte, 1};
  return ::preadv2(fd, &to, 1, at, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

}  // namespace

bool PoolColdReads::resident(const FileRange& range) const {
  const int fd = range.file->fd();
  if (fd < 0 || range.length <= 0) return true;
  for (int64_t at = 0; at < range.length; at += kProbeStep) {
    if (!byte_resident(fd, range.offset + at)) return false;
  }
  return byte_resident(fd, range.offset + range.length - 1);
}

ColdReads::Read PoolColdReads::read_now(const FileRange& range, MutableBytes out) const {
  const auto got = range.file->pread_cached(out, range.offset);
  if (!got.ok() && got.error().code == EAGAIN) return Read::cold;
  return got.ok() && *got == out.size() ? Read::done : Read::failed;
}

void PoolColdReads::prefetch(FileRange range, Task done) {
  pool_.post([range = std::move(range), done = std::move(done)]() mutable {
    // Twice as much is begun, without waiting for it: who reads old data goes on with what follows.
    ::posix_fadvise(range.file->fd(), range.offset, 2 * range.length, POSIX_FADV_WILLNEED);
    // A byte of each piece waits for it; the bytes themselves are nobody's business here.
    for (int64_t at = 0; at < range.length; at += kReadPiece) {
      uint8_t byte;
      const int64_t last = std::min(at + kReadPiece, range.length) - 1;
      const auto got = range.file->pread({&byte, 1}, range.offset + last);
      if (!got.ok() || *got == 0) break;  // the sender meets the same, and says so
    }
    done();
  });
}

}  // namespace meerkat::net
