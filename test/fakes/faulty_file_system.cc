#include "test/fakes/faulty_file_system.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <optional>
#include <set>
#include <system_error>

namespace meerkat::fakes {
namespace {

Fail<Error> failed(const char* action, const std::string& path, int code) {
  return fail(std::string("cannot ") + action + " " + path + ": " + std::generic_category().message(code), code);
}

std::string parent_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

bool under(const std::string& path, const std::string& dir) {
  return path == dir || (path.size() > dir.size() && path.compare(0, dir.size(), dir) == 0 && path[dir.size()] == '/');
}

void overwrite(Bytes& content, ByteView data, int64_t offset) {
  auto end = static_cast<size_t>(offset) + data.size();
  if (content.size() < end) content.resize(end);
  std::copy(data.begin(), data.end(), content.begin() + offset);
}

}  // namespace

struct FaultyFileSystem::Node {
  struct Change {
    bool truncate = false;
    int64_t at = 0;  // offset of the write, or the new size
    Bytes data;
  };
  bool directory = false;
  Bytes content;
  Bytes durable;
  std::vector<Change> pending;  // since the last sync
  int64_t modified_ms = 1'700'000'000'000;
};

struct FaultyFileSystem::Names {
  std::map<std::string, std::shared_ptr<Node>> nodes;

  void move(const std::string& from, const std::string& to) {
    std::map<std::string, std::shared_ptr<Node>> moved;
    for (auto it = nodes.begin(); it != nodes.end();) {
      if (under(it->first, from)) {
        moved[to + it->first.substr(from.size())] = it->second;
        it = nodes.erase(it);
      } else {
        ++it;
      }
    }
    for (auto& [path, node] : moved) nodes[path] = node;
  }
  void drop(const std::string& path) {
    std::erase_if(nodes, [&](const auto& entry) { return under(entry.first, path); });
  }
};

struct FaultyFileSystem::State {
  struct NameChange {
    std::set<std::string> directories;  // those whose fsync makes it durable
    std::function<void(Names&)> apply;
  };
  mutable std::mutex mutex;
  Names names;
  Names durable;
  std::vector<NameChange> pending;
  int64_t generation = 0;  // handles of an older one are dead
  int64_t changes = 0, fail_at = 0, die_at = 0, capacity = std::numeric_limits<int64_t>::max();
  int fail_code = 0;
  std::mt19937_64 random{1};
  std::atomic<int64_t> reads{0}, writes{0}, open_files{0};
  std::atomic<bool> cold{false};

  bool dead() const { return die_at != 0 && changes >= die_at; }
  /// The errno with which the change that is about to happen fails; 0 for none.
  int next_change() {
    if (dead()) return EIO;
    ++changes;
    if (die_at != 0 && changes >= die_at) return EIO;
    return fail_at != 0 && changes == fail_at ? fail_code : 0;
  }
  void name_change(std::set<std::string> directories, std::function<void(Names&)> apply) {
    apply(names);
    pending.push_back({std::move(directories), std::move(apply)});
  }
  /// Bytes that may still be written.
  int64_t room() const { return capacity == std::numeric_limits<int64_t>::max() ? capacity : capacity - used(); }
  int64_t used() const {
    int64_t total = 0;
    for (auto& [path, node] : names.nodes) total += static_cast<int64_t>(node->content.size());
    return total;
  }
  std::shared_ptr<Node> find(const std::string& path) {
    auto it = names.nodes.find(path);
    return it == names.nodes.end() ? nullptr : it->second;
  }
};

class FaultyFileSystem::Handle : public File {
 public:
  Handle(std::shared_ptr<State> state, std::string path, std::shared_ptr<Node> node)
      : state_(std::move(state)), path_(std::move(path)), node_(std::move(node)), generation_(state_->generation) {
    ++state_->open_files;
  }
  ~Handle() override { --state_->open_files; }

  const std::string& path() const override { return path_; }

  Result<size_t> pread(MutableBytes out, int64_t offset) const override {
    std::lock_guard lock(state_->mutex);
    ++state_->reads;
    if (state_->dead()) return failed("read", path_, EIO);
    auto size = static_cast<int64_t>(node_->content.size());
    auto n = std::clamp<int64_t>(size - offset, 0, static_cast<int64_t>(out.size()));
    std::copy_n(node_->content.begin() + (n == 0 ? 0 : offset), n, out.begin());
    return static_cast<size_t>(n);
  }

  Result<size_t> pread_cached(MutableBytes out, int64_t offset) const override {
    if (state_->cold) return failed("read", path_, EAGAIN);
    return pread(out, offset);
  }

  Status pwrite(ByteView data, int64_t offset) override {
    std::lock_guard lock(state_->mutex);
    ++state_->writes;
    int code = stale() ? EBADF : state_->next_change();
    auto grown =
        std::max<int64_t>(0, offset + static_cast<int64_t>(data.size()) - static_cast<int64_t>(node_->content.size()));
    const int64_t room = state_->room();
    if (code == 0 && grown > room) {
      write(data.subspan(0, data.size() - static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(data.size()),
                                                                                grown - std::max<int64_t>(0, room)))),
            offset);
      return failed("write to", path_, ENOSPC);
    }
    if (code != 0) {
      if (code != EBADF) write(data.subspan(0, state_->random() % (data.size() + 1)), offset);
      return failed("write to", path_, code);
    }
    write(data, offset);
    return {};
  }

  Status truncate(int64_t size) override {
    std::lock_guard lock(state_->mutex);
    if (int code = stale() ? EBADF : state_->next_change()) return failed("truncate", path_, code);
    node_->content.resize(static_cast<size_t>(size));
    node_->pending.push_back({true, size, {}});
    return {};
  }

  Result<int64_t> size() const override {
    std::lock_guard lock(state_->mutex);
    return static_cast<int64_t>(node_->content.size());
  }

  Status sync() override {
    std::lock_guard lock(state_->mutex);
    if (int code = stale() ? EBADF : state_->next_change()) return failed("fsync", path_, code);
    node_->durable = node_->content;
    node_->pending.clear();
    return {};
  }

  int fd() const override { return -1; }

 private:
  bool stale() const { return generation_ != state_->generation; }
  void write(ByteView data, int64_t offset) {
    if (data.empty()) return;
    overwrite(node_->content, data, offset);
    node_->pending.push_back({false, offset, Bytes(data.begin(), data.end())});
  }

  std::shared_ptr<State> state_;
  std::string path_;
  std::shared_ptr<Node> node_;
  int64_t generation_;
};

FaultyFileSystem::FaultyFileSystem() : state_(std::make_shared<State>()) {}
FaultyFileSystem::~FaultyFileSystem() = default;

Result<std::shared_ptr<File>> FaultyFileSystem::open(const std::string& path, OpenMode mode) {
  std::lock_guard lock(state_->mutex);
  auto node = state_->find(path);
  if (node && node->directory) return failed("open", path, EISDIR);
  if (!node) {
    if (mode != OpenMode::create) return failed("open", path, ENOENT);
    auto parent = state_->find(parent_of(path));
    if (!parent || !parent->directory) return failed("open", path, ENOENT);
    if (int code = state_->next_change()) return failed("open", path, code);
    node = std::make_shared<Node>();
    state_->name_change({parent_of(path)}, [path, node](Names& names) { names.nodes[path] = node; });
  } else if (state_->dead()) {
    return failed("open", path, EIO);
  }
  return std::shared_ptr<File>(std::make_shared<Handle>(state_, path, node));
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(state_->mutex);
  if (int code = state_->next_change()) return failed("rename", from, code);
  if (!state_->find(from)) return failed("rename", from, ENOENT);
  state_->name_change({parent_of(from), parent_of(to)}, [from, to](Names& names) { names.move(from, to); });
  return {};
}

Status FaultyFileSystem::remove(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (int code = state_->next_change()) return failed("remove", path, code);
  if (!state_->find(path)) return failed("remove", path, ENOENT);
  state_->name_change({parent_of(path)}, [path](Names& names) { names.drop(path); });
  return {};
}

Status FaultyFileSystem::remove_all(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (int code = state_->next_change()) return failed("remove", path, code);
  state_->name_change({parent_of(path)}, [path](Names& names) { names.drop(path); });
  return {};
}

Status FaultyFileSystem::make_directory(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  std::vector<std::string> missing;
  for (std::string p = path; p != "/" && !state_->find(p); p = parent_of(p)) missing.push_back(p);
  if (!missing.empty()) {
    if (int code = state_->next_change()) return failed("make directory", path, code);
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    auto node = std::make_shared<Node>();
    node->directory = true;
    state_->name_change({parent_of(*it)}, [p = *it, node](Names& names) { names.nodes[p] = node; });
  }
  return {};
}

Status FaultyFileSystem::sync_directory(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (int code = state_->next_change()) return failed("fsync directory", path, code);
  // As a journal commits: everything up to the last change of that directory.
  auto last = std::find_if(state_->pending.rbegin(), state_->pending.rend(),
                           [&](const State::NameChange& change) { return change.directories.contains(path); });
  auto end = last.base();
  for (auto it = state_->pending.begin(); it != end; ++it) it->apply(state_->durable);
  state_->pending.erase(state_->pending.begin(), end);
  return {};
}

Result<std::vector<FileSystem::Entry>> FaultyFileSystem::list(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  auto dir = state_->find(path);
  if (!dir || !dir->directory) return failed("list", path, ENOENT);
  std::vector<Entry> entries;
  for (auto& [name, node] : state_->names.nodes) {
    if (name != path && parent_of(name) == path) entries.push_back({name.substr(path.size() + 1), node->directory});
  }
  return entries;
}

bool FaultyFileSystem::exists(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  return state_->find(path) != nullptr;
}

Result<int64_t> FaultyFileSystem::modified_ms(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  auto node = state_->find(path);
  if (!node) return failed("examine", path, ENOENT);
  return node->modified_ms;
}

Status FaultyFileSystem::set_modified_ms(const std::string& path, int64_t wall_ms) {
  std::lock_guard lock(state_->mutex);
  auto node = state_->find(path);
  if (!node) return failed("examine", path, ENOENT);
  node->modified_ms = wall_ms;
  return {};
}

Result<int64_t> FaultyFileSystem::file_size(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  auto node = state_->find(path);
  if (!node) return failed("examine", path, ENOENT);
  return static_cast<int64_t>(node->content.size());
}

Result<FileSystem::Space> FaultyFileSystem::space(const std::string&) {
  std::lock_guard lock(state_->mutex);
  return Space{state_->capacity, state_->capacity - state_->used()};
}

void FaultyFileSystem::fail_at(int64_t n, int code) {
  std::lock_guard lock(state_->mutex);
  state_->fail_at = state_->changes + n;
  state_->fail_code = code;
}

void FaultyFileSystem::die_at(int64_t n) {
  std::lock_guard lock(state_->mutex);
  state_->die_at = state_->changes + n;
}

void FaultyFileSystem::set_cold(bool cold) { state_->cold = cold; }

void FaultyFileSystem::set_capacity(int64_t bytes) {
  std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

void FaultyFileSystem::crash(uint64_t seed) {
  std::lock_guard lock(state_->mutex);
  std::mt19937_64 random(seed);
  auto surviving = random() % (state_->pending.size() + 1);
  for (size_t i = 0; i < surviving; ++i) state_->pending[i].apply(state_->durable);
  state_->pending.clear();
  state_->names = state_->durable;
  for (auto& [path, node] : state_->names.nodes) {
    node->content = node->durable;
    // 0: all is lost, 1: all is kept, 2: some writes, some torn.
    auto mood = random() % 3;
    for (auto& change : node->pending) {
      if (mood == 0 || (mood == 2 && random() % 2 == 0)) continue;
      if (change.truncate) {
        node->content.resize(static_cast<size_t>(change.at));
      } else {
        auto length = mood == 2 && random() % 3 == 0 ? random() % (change.data.size() + 1) : change.data.size();
        overwrite(node->content, ByteView(change.data).subspan(0, length), change.at);
      }
    }
    node->pending.clear();
    node->durable = node->content;
  }
  ++state_->generation;
  state_->fail_at = state_->die_at = 0;
}

void FaultyFileSystem::kill() {
  std::lock_guard lock(state_->mutex);
  ++state_->generation;
  state_->fail_at = state_->die_at = 0;
}

bool FaultyFileSystem::dead() const {
  std::lock_guard lock(state_->mutex);
  return state_->dead();
}

int64_t FaultyFileSystem::changes() const {
  std::lock_guard lock(state_->mutex);
  return state_->changes;
}

int64_t FaultyFileSystem::reads() const { return state_->reads; }
int64_t FaultyFileSystem::writes() const { return state_->writes; }
int64_t FaultyFileSystem::open_files() const { return state_->open_files; }

Bytes FaultyFileSystem::content(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  auto node = state_->find(path);
  return node ? node->content : Bytes{};
}

void FaultyFileSystem::set_content(const std::string& path, Bytes content) {
  std::lock_guard lock(state_->mutex);
  auto node = state_->find(path);
  if (!node) {
    node = std::make_shared<Node>();
    state_->name_change({parent_of(path)}, [path, node](Names& names) { names.nodes[path] = node; });
  }
  node->content = node->durable = std::move(content);
  node->pending.clear();
}

std::vector<std::string> FaultyFileSystem::all_files() {
  std::lock_guard lock(state_->mutex);
  std::vector<std::string> paths;
  for (auto& [path, node] : state_->names.nodes) {
    if (!node->directory) paths.push_back(path);
  }
  return paths;
}

}  // namespace meerkat::fakes
