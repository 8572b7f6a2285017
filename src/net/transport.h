// What a connection reads from and writes to: the socket itself, or a layer over it.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace meerkat::net {

/// Non-blocking; results as those of the system calls of the same name: -1 with errno, EAGAIN where it would block.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual ssize_t readv(const iovec* to, int count) = 0;
  /// `more`: further bytes follow at once, small packets need not leave yet.
  virtual ssize_t writev(const iovec* from, int count, bool more) = 0;
  virtual ssize_t sendfile(int file, int64_t offset, size_t length) = 0;
};

/// A TCP socket without encryption. Does not own the descriptor.
class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int fd) : fd_(fd) {}
  ssize_t readv(const iovec* to, int count) override;
  ssize_t writev(const iovec* from, int count, bool more) override;
  ssize_t sendfile(int file, int64_t offset, size_t length) override;

 private:
  int fd_;
};

}  // namespace meerkat::net
