#include "storage/directory_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "base/mutex.h"

namespace meerkat::storage {
namespace {

struct Held {
  Mutex mutex;
  std::set<std::pair<FileSystem*, std::string>> paths GUARDED_BY(mutex);
};

Held& held() {
  static auto* instance = new Held;  // never destroyed: locks may outlive main()
  return *instance;
}

Fail<Error> in_use(const std::string& log_dir) {
  return fail("log directory " + log_dir + " is in use by another broker (its .lock is held); stop that broker or " +
                  "name another directory in log.dirs",
              EWOULDBLOCK);
}

}  // namespace

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::acquire(FileSystem& fs, const std::string& log_dir) {
  auto path = log_dir + "/.lock";
  MutexLock lock(held().mutex);
  // Opening and closing the file again would drop the lock that this process holds already.
  if (held().paths.contains({&fs, path})) return in_use(log_dir);
  auto file = fs.open(path, OpenMode::create);
  if (!file) return file.failure();
  if ((*file)->fd() >= 0) {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl((*file)->fd(), F_SETLK, &whole) < 0) {
      if (errno == EACCES || errno == EAGAIN) return in_use(log_dir);
      return fail("cannot lock " + path + ": " + std::strerror(errno), errno);
    }
  }
  held().paths.insert({&fs, path});
  return std::unique_ptr<DirectoryLock>(new DirectoryLock(fs, path, std::move(file).value()));
}

DirectoryLock::~DirectoryLock() {
  MutexLock lock(held().mutex);
  held().paths.erase({&fs_, path_});
  file_.reset();
}

}  // namespace meerkat::storage
