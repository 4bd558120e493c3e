// A process that lives faster. Preloaded, it has a wall clock and a monotonic clock that run some times as fast as ours, and everything that waits
// for them waits so much shorter: timers of Node, condition variables of V8, naps of SQLite. What the time is stands in the file FASTER, which
// `ticker.cc` writes; when it begins, the wall clock stands at FASTER_WALL nanoseconds. All processes that inherit these agree about the time.
// A wait may end early, as any wait may, when time stood still meanwhile. Processor time is counted as ever.

#include "granted.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

namespace {
constexpr int64_t SECOND = 1'000'000'000;
// No machine has been up for ten years; whoever names a later instant means the wall clock.
constexpr int64_t WALL_BEGINS = 10LL * 365 * 86'400 * SECOND;

template <typename F> F next(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }
int64_t given(const char* name, int64_t otherwise) { const char* text = getenv(name); return text == nullptr ? otherwise : atoll(text); }
int64_t nanoseconds(const timespec& at) { return at.tv_sec * SECOND + at.tv_nsec; }
timespec timeOf(int64_t ns) { return {ns / SECOND, static_cast<long>(ns % SECOND)}; }

int64_t realNow(clockid_t clock) {
  static auto real = next<int (*)(clockid_t, timespec*)>("clock_gettime");
  timespec at;
  real(clock, &at);
  return nanoseconds(at);
}

const Page* mapped() {
  const char* path = getenv("FASTER");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void* at = file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (at == MAP_FAILED) abort();
  return static_cast<const Page*>(at);
}
Granted granted() { static const Page* const page = mapped(); return read(*page); }
/** What a monotonic clock says at the first moment is anything; ours says an hour. */
constexpr int64_t MONO_FROM = 3'600 * SECOND;
int64_t wallFrom() { static const int64_t wall = given("FASTER_WALL", realNow(CLOCK_REALTIME)); return wall; }

int64_t livedNs() { return livedAt(granted(), realNow(CLOCK_MONOTONIC)); }
bool isWall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }
bool isMonotonic(clockid_t clock) { return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME; }
int64_t now(clockid_t clock) { return (isWall(clock) ? wallFrom() : MONO_FROM) + livedNs(); }

/** When, on the real clock that the waiting call looks at, the faster one will have come to this. */
timespec realDeadline(const timespec& at, clockid_t clock) {
  const int64_t left = nanoseconds(at) - now(clock);
  return timeOf(realNow(clock) + (left > 0 ? left / granted().factor : 0));
}
// While time stands still the same wait is begun again and again; a tenth of a millisecond is little enough for any of them, and no load.
constexpr int64_t LEAST = 100'000;
timespec realWait(int64_t ns) { return timeOf(ns <= 0 ? 0 : std::max(ns / granted().factor, LEAST)); }
}

extern "C" {
int clock_gettime(clockid_t clock, timespec* at) {
  static auto real = next<int (*)(clockid_t, timespec*)>("clock_gettime");
  if (!isWall(clock) && !isMonotonic(clock)) return real(clock, at);
  *at = timeOf(now(clock));
  return 0;
}
int gettimeofday(timeval* at, void*) {
  const timespec wall = timeOf(now(CLOCK_REALTIME));
  *at = {wall.tv_sec, wall.tv_nsec / 1000};
  return 0;
}
time_t time(time_t* at) {
  const time_t seconds = now(CLOCK_REALTIME) / SECOND;
  if (at != nullptr) *at = seconds;
  return seconds;
}

// A millisecond of the kernel's would be a tenth of a second of ours, so the wait is told in nanoseconds.
int epoll_pwait(int file, epoll_event* events, int count, int ms, const sigset_t* signals) {
  const timespec wait = realWait(ms * (SECOND / 1000));
  return epoll_pwait2(file, events, count, ms < 0 ? nullptr : &wait, signals);
}
int epoll_wait(int file, epoll_event* events, int count, int ms) { return epoll_pwait(file, events, count, ms, nullptr); }
int poll(pollfd* files, nfds_t count, int ms) {
  const timespec wait = realWait(ms * (SECOND / 1000));
  return ppoll(files, count, ms < 0 ? nullptr : &wait, nullptr);
}

int nanosleep(const timespec* wait, timespec* left) {
  static auto real = next<int (*)(const timespec*, timespec*)>("nanosleep");
  const timespec shorter = realWait(nanoseconds(*wait));
  const int done = real(&shorter, left);
  if (done != 0 && left != nullptr) *left = timeOf(nanoseconds(*left) * granted().factor);
  return done;
}
int usleep(useconds_t us) {
  const timespec wait = timeOf(us * 1000LL);
  return nanosleep(&wait, nullptr);
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* at, timespec* left) {
  if ((flags & TIMER_ABSTIME) == 0) return nanosleep(at, left) == 0 ? 0 : errno;
  const timespec wait = timeOf(nanoseconds(*at) > now(clock) ? nanoseconds(*at) - now(clock) : 0);
  return nanosleep(&wait, nullptr) == 0 ? 0 : errno;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* at) {
  static auto real = next<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  // The condition knows which clock it goes by and does not tell.
  const timespec deadline = realDeadline(*at, nanoseconds(*at) > WALL_BEGINS ? CLOCK_REALTIME : CLOCK_MONOTONIC);
  return real(condition, mutex, &deadline);
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* at) {
  static auto real = next<int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait");
  const timespec deadline = realDeadline(*at, clock);
  return real(condition, mutex, clock, &deadline);
}
}
