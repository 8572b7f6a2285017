#include "net/transport.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

namespace meerkat::net {

ssize_t PlainTransport::readv(const iovec* to, int count) {
  if (count == 1) return ::recv(fd_, to->iov_base, to->iov_len, 0);
  return ::readv(fd_, to, count);
}

ssize_t PlainTransport::writev(const iovec* from, int count, bool more) {
  const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  if (count == 1) return ::send(fd_, from->iov_base, from->iov_len, flags);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from);
  message.msg_iovlen = static_cast<size_t>(count);
  return ::sendmsg(fd_, &message, flags);
}

ssize_t PlainTransport::sendfile(int file, int64_t offset, size_t length) {
  off_t from = offset;
  return ::sendfile(fd_, file, &from, length);
}

}  // namespace meerkat::net
