#include "base/gathered_write.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace meerkat {

namespace {

constexpr size_t kMostPieces = 64;  // a system call; well below IOV_MAX

Status write_joined(File& file, std::span<const ByteView> pieces, int64_t offset) {
  Bytes all;
  for (const ByteView& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return file.pwrite(all, offset);
}

}  // namespace

Status write_gathered(File& file, std::span<const ByteView> pieces, int64_t offset) {
  if (pieces.size() == 1) return file.pwrite(pieces[0], offset);
  if (file.fd() < 0) return write_joined(file, pieces, offset);
  while (!pieces.empty()) {
    iovec parts[kMostPieces];
    const auto now = pieces.first(std::min(pieces.size(), kMostPieces));
    for (size_t i = 0; i < now.size(); ++i) parts[i] = {const_cast<uint8_t*>(now[i].data()), now[i].size()};
    const ssize_t n = ::pwritev(file.fd(), parts, static_cast<int>(now.size()), offset);
    if (n < 0) {
      if (errno == EINTR) continue;
      return fail("cannot write to " + file.path() + ": " + std::generic_category().message(errno), errno);
    }
    offset += n;
    auto written = static_cast<size_t>(n);
    for (; !pieces.empty() && written >= pieces.front().size(); pieces = pieces.subspan(1)) {
      written -= pieces.front().size();
    }
    if (written == 0) continue;
    // It stopped within a piece, most likely for good: the next write says why.
    const ByteView rest = pieces.front().subspan(written);
    if (auto done = file.pwrite(rest, offset); !done) return done;
    offset += static_cast<int64_t>(rest.size());
    pieces = pieces.subspan(1);
  }
  return {};
}

}  // namespace meerkat
