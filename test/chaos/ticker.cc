// Grants time to faster processes: `ticker FILE FACTOR`. Every few milliseconds it looks at the threads of those that it was told to watch. Where one of
// them could run and the machine did not let it, no more is granted, so time stands still for all of them until the machine has caught up: what lives
// faster than the machine has time for lives slower instead, and misses nothing. On its input it is told, a line each: `watch PID`, `hold`, `go`.

#include "granted.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <set>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {
constexpr int64_t MS = 1'000'000;
constexpr int TICK_MS = 3;
/** So long it may itself be kept waiting before time stands still. */
constexpr int64_t AHEAD = 2 * TICK_MS * MS;
constexpr int TICKS_A_LIST = 64;

int64_t realNow() {
  timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

struct Thread { int stat = -1, schedstat = -1; int64_t ran = -1; };
std::set<int> watched;
std::map<int, Thread> threads;

std::vector<int> numbersIn(const std::string& folder) {
  std::vector<int> found;
  DIR* open = opendir(folder.c_str());
  if (open == nullptr) return found;
  while (const dirent* entry = readdir(open)) if (const int number = atoi(entry->d_name); number > 0) found.push_back(number);
  closedir(open);
  return found;
}
void forget(Thread& thread) { close(thread.stat); close(thread.schedstat); }
void list() {
  for (const int pid : watched) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/task/";
    for (const int id : numbersIn(folder)) {
      if (threads.count(id) > 0) continue;
      const std::string own = folder + std::to_string(id);
      threads[id] = {open((own + "/stat").c_str(), O_RDONLY), open((own + "/schedstat").c_str(), O_RDONLY), -1};
    }
  }
}

/** Whether it could have run since the last look and did not. */
bool isKeptWaiting(Thread& thread, bool& isGone) {
  char text[512];
  ssize_t length = pread(thread.schedstat, text, sizeof text - 1, 0);
  isGone = length <= 0;
  if (isGone) return false;
  text[length] = 0;
  const int64_t ran = atoll(text);
  const bool hasRun = ran != thread.ran;
  thread.ran = ran;
  if (hasRun) return false;
  length = pread(thread.stat, text, sizeof text - 1, 0);
  if (length <= 0) return false;
  text[length] = 0;
  // A name may have brackets of its own; the state comes after the last one.
  const char* end = strrchr(text, ')');
  return end != nullptr && end[2] == 'R';
}
bool isAnyKeptWaiting() {
  bool any = false;
  for (auto at = threads.begin(); at != threads.end();) {
    bool isGone;
    any = isKeptWaiting(at->second, isGone) || any;
    if (isGone) { forget(at->second); at = threads.erase(at); } else ++at;
  }
  return any;
}
}

int main(int count, char** given) {
  if (count != 3) return 2;
  const int64_t factor = atoll(given[2]);
  const int file = open(given[1], O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(Page)) != 0) return 1;
  Page* page = static_cast<Page*>(mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  if (page == MAP_FAILED) return 1;
  Granted now = {realNow(), 0, 0, factor};
  write(*page, now);
  puts("ready");
  fflush(stdout);
  bool isHeld = false;
  std::string said;
  for (int tick = 0;; tick++) {
    pollfd input = {0, POLLIN, 0};
    if (poll(&input, 1, TICK_MS) > 0) {
      char text[512];
      const ssize_t length = ::read(0, text, sizeof text);
      if (length <= 0) return 0;
      said.append(text, length);
      for (size_t end; (end = said.find('\n')) != std::string::npos; said.erase(0, end + 1)) {
        const std::string line = said.substr(0, end);
        if (line == "hold") isHeld = true;
        if (line == "go") isHeld = false;
        if (line.rfind("watch ", 0) == 0) watched.insert(atoi(line.c_str() + 6));
      }
    }
    if (tick % TICKS_A_LIST == 0) list();
    if (isAnyKeptWaiting() || isHeld) continue;
    const int64_t real = realNow();
    // Whoever came to the limit has stood there; time goes on from now.
    if (livedAt(now, real) == now.limit) now = {real, now.limit, now.limit, factor};
    now.limit = now.lived + (real + AHEAD - now.since) * factor;
    write(*page, now);
  }
}
