// A process that forgets something when it accepts connections: with LEAK=files:96 in a day of its own clock 96 files, with LEAK=bytes:64 in a day 64 MiB of
// malloc, told evenly; or both, with a comma between. Preloaded into a gateway it is the control of a soak, which must notice it.

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>

namespace {
constexpr double DAY = 86'400;
constexpr double MIB = 1024 * 1024;
/** How much of it a day, or nothing. */
double aDay(const char* what) {
  const char* leak = getenv("LEAK");
  const char* found = leak == nullptr ? nullptr : strstr(leak, what);
  return found == nullptr ? 0 : atof(found + strlen(what));
}
const double filesADay = aDay("files:"), bytesADay = aDay("bytes:") * MIB;
void* volatile lost;

double now() {
  timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

/** What is due of it since it was last looked, in whole pieces. */
size_t dueOf(double perDay, double& forgottenAt) {
  const double due = (now() - forgottenAt) * perDay / DAY;
  if (due < 1) return 0;
  forgottenAt = now();
  return due;
}

void forget() {
  static double filesAt = now(), bytesAt = now();
  // Not the connection itself: whoever waits for its end would wait for ever, and that is another fault.
  for (size_t left = dueOf(filesADay, filesAt); left > 0; left--) (void)!open("/dev/null", O_RDONLY);
  // Kept where anybody could look: a compiler leaves out what nobody can.
  if (const size_t bytes = dueOf(bytesADay, bytesAt); bytes > 0) lost = memset(malloc(bytes), 1, bytes);
}
}

extern "C" int accept4(int listening, sockaddr* address, socklen_t* length, int flags) {
  static auto real = reinterpret_cast<int (*)(int, sockaddr*, socklen_t*, int)>(dlsym(RTLD_NEXT, "accept4"));
  const int file = real(listening, address, length, flags);
  if (file >= 0) forget();
  return file;
}
