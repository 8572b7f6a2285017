#include "net/cold_reads.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

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
  const int fd = range.file->fd();
  if (fd >= 0) {
    iovec to{out.data(), out.size()};
    const ssize_t n = ::preadv2(fd, &to, 1, range.offset, RWF_NOWAIT);
    if (n == static_cast<ssize_t>(out.size())) return Read::done;
    if (n < 0 && errno == EAGAIN) return Read::cold;
    // The rest is cold, or there is none: the file ends.
    if (n > 0 && !byte_resident(fd, range.offset + n)) return Read::cold;
  }
  const auto got = range.file->pread(out, range.offset);
  return got.ok() && *got == out.size() ? Read::done : Read::failed;
}

void PoolColdReads::prefetch(FileRange range, Task done) {
  pool_.post([range = std::move(range), done = std::move(done)]() mutable {
    // Twice as much is begun, without waiting for it: who reads old data goes on with what follows.
    ::posix_fadvise(range.file->fd(), range.offset, 2 * range.length, POSIX_FADV_WILLNEED);
    Bytes scratch(std::min(range.length, kReadPiece));
    for (int64_t at = 0; at < range.length;) {
      const int64_t n = std::min<int64_t>(range.length - at, static_cast<int64_t>(scratch.size()));
      const auto got = range.file->pread(MutableBytes(scratch).first(n), range.offset + at);
      if (!got.ok() || *got == 0) break;  // the sender meets the same, and says so
      at += static_cast<int64_t>(*got);
    }
    done();
  });
}

}  // namespace meerkat::net
