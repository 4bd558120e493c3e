// A disk that fails when it is told to, and that forgets as one does whose power fails. Preloaded into a process; only files whose path
// begins with DISK_UNDER are meant.
//
//   DISK_UNDO=file       writes down there what every write overwrites, until the file is synced: with it a power cut can be made up
//   DISK_FULL=n,count    from the n-th write on, so many find no space
//   DISK_SYNC_FAILS=n    the n-th sync fails, and what it should have written is gone for good or not, as on a real disk
//   DISK_READONLY=1      nothing can be opened for writing

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {
template <typename F> F next(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }
std::string setting(const char* name) { const char* value = getenv(name); return value == nullptr ? "" : value; }

std::mutex one_at_a_time;
long writes = 0, syncs = 0;

/** Empty for a file that is not meant. */
std::string pathOf(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path);
  static const std::string under = setting("DISK_UNDER");
  if (length <= 0 || under.empty()) return "";
  const std::string found(path, length);
  return found.compare(0, under.size(), under) == 0 ? found : "";
}

int undoFile() {
  static const int file = setting("DISK_UNDO").empty() ? -1 : next<int (*)(const char*, int, ...)>("open")(setting("DISK_UNDO").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  return file;
}

/** One record: kind, offset, length, length of what was there, path, what was there. */
void note(char kind, const std::string& path, uint64_t offset, uint64_t length, const std::vector<char>& before) {
  static auto put = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (undoFile() < 0) return;
  std::string record(1, kind);
  const uint64_t numbers[] = { offset, length, before.size(), path.size() };
  record.append(reinterpret_cast<const char*>(numbers), sizeof numbers).append(path).append(before.data(), before.size());
  put(undoFile(), record.data(), record.size());
}

std::vector<char> contentAt(const std::string& path, uint64_t offset, uint64_t length) {
  // The descriptor may be open for writing alone.
  const int file = next<int (*)(const char*, int, ...)>("open")(path.c_str(), O_RDONLY);
  std::vector<char> before(length);
  const ssize_t had = file < 0 ? -1 : pread(file, before.data(), length, offset);
  if (file >= 0) close(file);
  before.resize(had < 0 ? 0 : had);
  return before;
}

bool isFull() {
  static long from = -1, count = 0;
  if (from < 0) { from = 0; sscanf(setting("DISK_FULL").c_str(), "%ld,%ld", &from, &count); }
  writes++;
  return count > 0 && writes >= from && writes < from + count;
}

/** Before a write: false when there is no space for it. */
bool mayWrite(int fd, uint64_t offset, size_t length) {
  const std::string path = pathOf(fd);
  if (path.empty()) return true;
  if (isFull()) { errno = ENOSPC; return false; }
  if (undoFile() >= 0) note('w', path, offset, length, contentAt(path, offset, length));
  return true;
}

int sync(int fd, const char* name) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  const std::string path = pathOf(fd);
  static const long failing = atol(setting("DISK_SYNC_FAILS").c_str());
  if (!path.empty() && failing > 0 && ++syncs == failing) { errno = EIO; return -1; }
  const int done = next<int (*)(int)>(name)(fd);
  if (done == 0 && !path.empty()) note('s', path, 0, 0, {});
  return done;
}

int cut(int fd, off64_t size) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  const std::string path = pathOf(fd);
  struct stat64 found;
  if (!path.empty() && undoFile() >= 0 && fstat64(fd, &found) == 0 && found.st_size > size) note('t', path, size, 0, contentAt(path, size, found.st_size - size));
  return next<int (*)(int, off64_t)>("ftruncate64")(fd, size);
}

template <typename F> int opened(const char* name, const char* path, int flags, mode_t mode) {
  static const std::string under = setting("DISK_UNDER");
  if (!setting("DISK_READONLY").empty() && (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 && !under.empty() && strncmp(path, under.c_str(), under.size()) == 0) { errno = EROFS; return -1; }
  return next<F>(name)(path, flags, mode);
}
}

extern "C" {
ssize_t pwrite64(int fd, const void* data, size_t length, off64_t offset) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  return mayWrite(fd, offset, length) ? next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64")(fd, data, length, offset) : -1;
}
ssize_t pwrite(int fd, const void* data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }
ssize_t write(int fd, const void* data, size_t length) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  const off_t at = lseek(fd, 0, SEEK_CUR);
  if (at >= 0 && !mayWrite(fd, at, length)) return -1;
  return next<ssize_t (*)(int, const void*, size_t)>("write")(fd, data, length);
}
int fsync(int fd) { return sync(fd, "fsync"); }
int fdatasync(int fd) { return sync(fd, "fdatasync"); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int open(const char* path, int flags, ...) { va_list rest; va_start(rest, flags); const mode_t mode = va_arg(rest, int); va_end(rest); return opened<int (*)(const char*, int, ...)>("open", path, flags, mode); }
int open64(const char* path, int flags, ...) { va_list rest; va_start(rest, flags); const mode_t mode = va_arg(rest, int); va_end(rest); return opened<int (*)(const char*, int, ...)>("open64", path, flags, mode); }
}
