// A file system in memory that fails when told to, and that forgets in a crash what was not fsynced.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"

namespace meerkat::fakes {

/// Strict about durability: a file's bytes survive crash() only up to its last sync(), names only up to a
/// sync_directory() of their directory; beyond that a random part survives, writes possibly torn. Thread-safe.
class FaultyFileSystem : public FileSystem {
 public:
  FaultyFileSystem();
  ~FaultyFileSystem() override;

  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<Entry>> list(const std::string& path) override;
  bool exists(const std::string& path) override;
  Result<int64_t> modified_ms(const std::string& path) override;
  Status set_modified_ms(const std::string& path, int64_t wall_ms) override;
  Result<int64_t> file_size(const std::string& path) override;
  Result<Space> space(const std::string& path) override;

  /// The n-th changing operation from now on (1: the next) fails with `code`; a write leaves a random part behind.
  void fail_at(int64_t n, int code);
  /// From the n-th changing operation on everything fails with EIO, as if the process had been killed there.
  void die_at(int64_t n);
  /// Bytes that fit into all files together; writes beyond fail with ENOSPC.
  void set_capacity(int64_t bytes);
  /// Whether File::pread_cached() finds nothing: all is on the disk alone.
  void set_cold(bool cold);
  /// Power loss: what was not fsynced is lost in part, as the seed says. Files opened before are dead afterwards.
  void crash(uint64_t seed);
  /// The process is killed, the machine goes on: nothing written is lost, files opened before are dead.
  void kill();

  /// Whether that point has been reached.
  bool dead() const;
  /// Changing operations so far.
  int64_t changes() const;
  /// Calls of File::pread so far.
  int64_t reads() const;
  /// Calls of File::pwrite so far.
  int64_t writes() const;
  /// Files that are open now.
  int64_t open_files() const;

  /// Direct access for tests that damage files.
  Bytes content(const std::string& path);
  void set_content(const std::string& path, Bytes content);
  std::vector<std::string> all_files();

 private:
  struct Node;
  class Handle;
  struct Names;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meerkat::fakes
